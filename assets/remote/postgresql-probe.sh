packages 'postgresql' 'postgresql-[0-9]*' 'postgresql-common' 'postgresql-client-[0-9]*' \
  'postgresql-client-common' | tell packages
candidate postgresql | tell candidate
claims postgresql 'schema.postgresql.*' 'db-user.postgresql.*' | tell claims
if [ -d /var/lib/postgresql ]; then
  find /var/lib/postgresql -mindepth 3 -maxdepth 3 -name PG_VERSION -printf '%h\n' | head -n 50 |
    tell data
fi
if command -v pg_lsclusters >/dev/null; then
  pg_lsclusters -h | tell clusters
  ours=$(pg_lsclusters -h | sort -k 1,1Vr | while read -r version name port status rest; do
    [ -e "/etc/postgresql/$version/$name/conf.d/zz-brokeforge.conf" ] || continue
    echo "$version $name $port $status"
    break
  done)
  [ -n "$ours" ] || ours=$(pg_lsclusters -h | sort -k 1,1Vr | while read -r version name port status rest; do
    [ "$name" = main ] || continue
    echo "$version $name $port $status"
    break
  done)
  echo "$ours" | tell cluster
  # shellcheck disable=SC2086 -- version, name, port, status
  set -- $ours
  case ${4-} in
    online*)
      cd /
      {
        timeout 40 runuser -u postgres -- psql -X -q -A -t -w -v ON_ERROR_STOP=1 -p "$3" \
          -d postgres 2>&1 <<'SQL' || :
SELECT json_build_object(
  'version', current_setting('server_version'),
  'port', current_setting('port')::int,
  'bind', current_setting('listen_addresses'),
  'schemas', (SELECT json_agg(json_build_object(
      'name', d.datname, 'owner', pg_get_userbyid(d.datdba),
      'charset', pg_encoding_to_char(d.encoding), 'collation', d.datcollate,
      'bytes', pg_database_size(d.oid)) ORDER BY d.datname)
    FROM pg_database d WHERE NOT d.datistemplate AND (d.datname <> 'postgres' OR EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'))),
  'users', (SELECT json_agg(json_build_object('name', r.rolname, 'super', r.rolsuper,
      'owns', (SELECT count(*) FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass
        AND s.refobjid = r.oid AND s.deptype = 'o' AND s.classid <> 'pg_default_acl'::regclass)) ORDER BY r.rolname)
    FROM pg_roles r WHERE r.rolname !~ '^pg_' AND r.rolname <> 'postgres')
);
SQL
      } | tell catalogue
      ;;
  esac
fi
