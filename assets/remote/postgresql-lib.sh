# PostgreSQL as its own user by the local socket, and its errors in our words.
TITLE=PostgreSQL
OWNER=postgres:postgres
MODE=644
cd /
there() { command -v pg_ctlcluster >/dev/null && [ -n "$(ls /usr/lib/postgresql 2>/dev/null)" ]; }
# Our cluster: the one with our configuration, else the newest one that is called main.
cluster() {
  VERSION= NAME= PORT=
  ours=$(pg_lsclusters -h | sort -k 1,1Vr | while read -r version name port rest; do
    if [ -e "/etc/postgresql/$version/$name/conf.d/zz-brokeforge.conf" ]; then
      echo "1 $version $name $port"
    elif [ "$name" = main ]; then
      echo "2 $version $name $port"
    fi
  done | sort -s -k 1,1 | head -n 1)
  [ -n "$ours" ] || return 1
  read -r _ VERSION NAME PORT <<END
$ours
END
  SERVICE=postgresql@$VERSION-$NAME.service
  FOLDER=/etc/postgresql/$VERSION/$NAME
  CONFIG=$FOLDER/conf.d/zz-brokeforge.conf
}
locate() { cluster; }
client() {
  runuser -u postgres -- psql -X -q -A -t -w -v ON_ERROR_STOP=1 -p "$PORT" "$@"
}
explain() {
  case $1 in
    *'Peer authentication failed'* | *'no pg_hba.conf entry'*)
      echo 'PostgreSQL does not let its own user in by the local socket. pg_hba.conf needs this line:'
      echo '  local all postgres peer'
      ;;
    *'Is the server running'* | *'server closed the connection'*)
      echo 'PostgreSQL does not answer on its socket: it does not run.'
      ;;
    *'too many clients'* | *'connection slots are reserved'*)
      echo 'PostgreSQL has no connection free (max_connections).'
      ;;
    *'No space left'*) echo 'The disk of PostgreSQL is full.' ;;
  esac
  printf '%s\n' "$1"
}
# Runs the SQL on stdin in a database; what it answers comes out.
run_sql() {
  cluster || {
    echo 'There is no cluster of PostgreSQL.' >&2
    return 2
  }
  {
    said=$(client -d "${1:-postgres}" 2>&1 >&3 3>&-) || {
      explain "$said" >&2
      return 2
    }
  } 3>&1
}
running() {
  cluster && systemctl --quiet is-active "$SERVICE" &&
    [ "$(echo 'SELECT 1;' | client -d postgres 2>/dev/null)" = 1 ]
}
valid() {
  runuser -u postgres -- "/usr/lib/postgresql/$VERSION/bin/postgres" -C listen_addresses \
    -c "config_file=$FOLDER/postgresql.conf" >/dev/null
}
restart() { systemctl restart "$SERVICE"; }
# A secret as a literal of SQL, whatever standard_conforming_strings is.
literal() {
  printf "E'"
  sed -e 's/\\/\\\\/g' -e "s/'/''/g" "$1"
  printf "'"
}
