# Nothing is to be granted or revoked.
different=$(cat "$BF_IN/wanted.sql" "$BF_IN/grants.sql" | run_sql) || exit 2
[ -z "$different" ] || {
  printf '%s\n' "$different"
  exit 1
}
