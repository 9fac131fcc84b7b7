statements=$(cat "$BF_IN/wanted.sql" "$BF_IN/grants.sql" | run_sql)
printf '%s\n' "$statements"
# REVOKE … IF EXISTS does not exist; what is answered exists
{ echo "SET SESSION sql_mode = '';" && printf '%s\n' "$statements"; } | run_sql
