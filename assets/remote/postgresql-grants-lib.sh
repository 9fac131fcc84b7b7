# Each database, with what is wanted in it: one line `LEVEL NAME`. Those that nothing is wanted in
# are asked too.
each() {
  names=$(echo "SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn
    AND datname !~ '[[:cntrl:]]' ORDER BY 1;" | run_sql) || return 2
  printf '%s\n' "$names" | while IFS= read -r name; do
    level=none
    ! grep -qxF -e "$name" "$BF_IN/schemas" || read -r level <"$BF_IN/level"
    "$1" "$name" "$level" || exit
  done
}
asked() {
  cat "$BF_IN/role.sql"
  echo "SET brokeforge.level = '$1';"
  grants_sql
}
