different=$(run_sql <"$BF_IN/check.sql") || exit 2
[ -z "$different" ] || {
  printf '%s\n' "$different"
  exit 1
}
login "$BF_IN/password" || {
  printf 'It does not get in with its password. %s\n' "$said"
  exit 1
}
refused || exit 1
