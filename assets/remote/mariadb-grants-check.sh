# Nothing is to be granted or revoked.
different=$({ cat "$BF_IN/wanted.sql" && grants_sql; } | run_sql) || exit 2
[ -z "$different" ] || {
  printf '%s\n' "$different"
  exit 1
}
