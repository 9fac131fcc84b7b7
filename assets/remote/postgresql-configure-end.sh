rm -f "$HBA.brokeforge-old"
faults=$(echo "SELECT line_number || ': ' || error FROM pg_hba_file_rules WHERE error IS NOT NULL;" | run_sql)
[ -z "$faults" ] || printf 'pg_hba.conf has lines that PostgreSQL does not take:\n%s\n' "$faults" >&2
