statements=$({ cat "$BF_IN/wanted.sql" && grants_sql; } | run_sql)
printf '%s\n' "$statements"
{ echo "SET SESSION sql_mode = '';" && printf '%s\n' "$statements"; } | run_sql
