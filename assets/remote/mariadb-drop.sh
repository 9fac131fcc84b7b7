# Who is in it would keep it from going; whoever has left meanwhile is no fault.
sessions=$(run_sql <"$BF_IN/sessions.sql")
printf '%s\n' "$sessions" | client --force 2>/dev/null || :
