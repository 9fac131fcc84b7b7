packages 'mariadb-server*' 'mariadb-client*' 'galera-*' 'mysql-server*' 'mysql-community-server*' \
  'mysql-cluster-*' 'percona-server-server*' | tell packages
candidate mariadb-server | tell candidate
claims mariadb 'schema.mariadb.*' 'db-user.mariadb.*' | tell claims
if [ -d /var/lib/mysql ]; then
  find /var/lib/mysql -mindepth 1 -maxdepth 1 -type d ! -name mysql ! -name performance_schema \
    ! -name sys ! -name 'lost+found' ! -name '#*' -printf '%f\n' | head -n 500 | tell data
fi
if command -v mariadb >/dev/null && [ -S /run/mysqld/mysqld.sock ]; then
  {
    timeout 40 mariadb --no-defaults --user=root --default-character-set=utf8mb4 --batch --raw \
      --skip-column-names --connect-timeout=5 2>&1 <<'SQL' || :
SET SESSION sql_mode = '';
SET SESSION group_concat_max_len = 1048576;
SELECT JSON_OBJECT(
  'version', VERSION(),
  'port', @@port,
  'bind', @@bind_address,
  'schemas', (SELECT JSON_ARRAYAGG(JSON_OBJECT(
      'name', s.SCHEMA_NAME, 'charset', s.DEFAULT_CHARACTER_SET_NAME,
      'collation', s.DEFAULT_COLLATION_NAME,
      'tables', COALESCE(t.tables, 0), 'bytes', COALESCE(t.bytes, 0)))
    FROM information_schema.SCHEMATA s
    LEFT JOIN (SELECT TABLE_SCHEMA, COUNT(*) AS tables,
        CAST(SUM(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0)) AS UNSIGNED) AS bytes
      FROM information_schema.TABLES
      WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
      GROUP BY TABLE_SCHEMA) t ON t.TABLE_SCHEMA = s.SCHEMA_NAME
    WHERE s.SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')),
  'users', (SELECT JSON_ARRAYAGG(JSON_OBJECT('name', u.User, 'host', u.Host,
      'owns', COALESCE(d.owns, 0)))
    FROM mysql.global_priv u
    LEFT JOIN (SELECT DEFINER, COUNT(*) AS owns FROM (
        SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA <> 'sys'
        UNION ALL SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA <> 'sys'
        UNION ALL SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA <> 'sys'
        UNION ALL SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA <> 'sys') all_of_them
      GROUP BY DEFINER) d ON d.DEFINER = CONCAT(u.User, '@', u.Host)
    WHERE JSON_VALUE(u.Priv, '$.is_role') IS NULL AND u.User <> ''
      AND NOT (u.Host = 'localhost'
        AND u.User IN ('root', 'mysql', 'mariadb.sys', 'debian-sys-maint')))
) AS catalogue;
SQL
  } | tell catalogue
fi
