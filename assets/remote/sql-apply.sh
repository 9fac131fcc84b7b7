run_sql <"$BF_IN/apply.sql"
