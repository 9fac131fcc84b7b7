# What is its own goes to the owner of the database where that was decided; then its rights and the
# role itself go.
[ -n "$(run_sql <"$BF_IN/check.sql")" ] || exit 0
run_sql <"$BF_IN/sessions.sql" >/dev/null
read -r reassign <"$BF_IN/owned"
[ "$reassign" = reassign ] || {
  owns=$(run_sql <"$BF_IN/owns.sql")
  [ "$owns" = 0 ] || {
    echo "It owns $owns things by now; nothing was dropped." >&2
    exit 1
  }
}
names=$(echo "SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn
  AND datname !~ '[[:cntrl:]]' ORDER BY 1;" | run_sql)
printf '%s\n' "$names" | while IFS= read -r name; do run_sql "$name" <"$BF_IN/let-go.sql" || exit; done
run_sql <"$BF_IN/apply.sql"
