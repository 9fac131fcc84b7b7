# What is dumped: everything, or one schema.
dump_to() {
  set -- "$1" "${2-}"
  [ -z "$2" ] || set -- "$1" "$2" --databases
  [ -n "$2" ] || set -- "$1" "" --all-databases
  target=$1
  name=$2
  shift 2
  dump "$target" '^-- Dump completed' mariadb-dump --no-defaults --user=root --single-transaction \
    --routines --events --triggers --hex-blob --default-character-set=utf8mb4 "$@" ${name:+"$name"}
}
size() {
  echo "SELECT COALESCE(CEIL(SUM(DATA_LENGTH) / 1024), 0) FROM information_schema.TABLES;" | run_sql
}
filled() {
  [ -n "$(echo "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql',
    'information_schema', 'performance_schema', 'sys') UNION SELECT 1 FROM mysql.global_priv
    WHERE User <> '' AND NOT (Host = 'localhost'
      AND User IN ('root', 'mysql', 'mariadb.sys', 'debian-sys-maint'));" | run_sql)" ]
}
contents() {
  echo "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES
    WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN ('mysql',
      'information_schema', 'performance_schema', 'sys');" | run_sql
}
