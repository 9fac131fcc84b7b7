change() {
  statements=$({ asked "$2" && echo ';'; } | run_sql "$1") || return 2
  [ -n "$statements" ] || return 0
  printf 'In %s:\n%s\n' "$1" "$statements"
  { echo 'BEGIN;' && printf '%s\n' "$statements" && echo 'COMMIT;'; } | run_sql "$1" || return 2
}
each change
