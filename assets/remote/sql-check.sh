# The query answers with what is not as wanted.
different=$(run_sql <"$BF_IN/check.sql") || exit 2
[ -z "$different" ] || {
  printf '%s\n' "$different"
  exit 1
}
