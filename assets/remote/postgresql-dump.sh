# What is dumped: everything, or one schema.
dump_to() {
  cluster
  if [ -n "${2-}" ]; then
    dump "$1" '^-- PostgreSQL database dump complete' runuser -u postgres -- \
      pg_dump -w -p "$PORT" --create -d "$2"
  else
    dump "$1" '^-- PostgreSQL database cluster dump complete' runuser -u postgres -- \
      pg_dumpall -w -p "$PORT"
  fi
}
size() { echo 'SELECT ceil(sum(pg_database_size(oid)) / 1024)::bigint FROM pg_database;' | run_sql; }
filled() {
  cluster || return 1
  [ -n "$(echo "SELECT 1 FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' UNION
    SELECT 1 FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres' UNION
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';" |
    run_sql)" ]
}
contents() {
  names=$(echo 'SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate;' |
    run_sql) || return
  while IFS= read -r name; do
    echo "SELECT current_database() || '.' || n.nspname || '.' || c.relname FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
        AND n.nspname !~ '^pg_(temp|toast)' AND n.nspname NOT IN ('pg_catalog',
          'information_schema');" | run_sql "$name" || return
  done <<END
$names
END
}
