# Nothing is to be granted or revoked.
look() {
  { asked "$2" && echo ';'; } | run_sql "$1" || return 2
}
different=$(each look) || exit 2
[ -z "$different" ] || {
  printf '%s\n' "$different"
  exit 1
}
