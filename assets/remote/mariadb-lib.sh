# MariaDB as root by its local socket, and its errors in our words.
TITLE=MariaDB
SERVICE=mariadb.service
CONFIG=/etc/mysql/mariadb.conf.d/zz-brokeforge.cnf
OWNER=root:root
MODE=644
locate() { :; }
there() { command -v mariadbd >/dev/null; }
client() {
  mariadb --no-defaults --user=root --default-character-set=utf8mb4 --batch --raw \
    --skip-column-names --connect-timeout=10 "$@"
}
explain() {
  case $1 in
    *'ERROR 1045 '* | *'ERROR 1698 '*)
      echo 'MariaDB does not let root in by its local socket. Let it, then try again:'
      echo '  ALTER USER root@localhost IDENTIFIED VIA unix_socket;'
      ;;
    *'ERROR 2002 '*) echo 'MariaDB does not answer on its socket: it does not run.' ;;
    *'ERROR 1040 '*) echo 'MariaDB has no connection free (max_connections).' ;;
    *'ERROR 1021 '* | *'No space left'* | *'Errcode: 28'*) echo 'The disk of MariaDB is full.' ;;
  esac
  printf '%s\n' "$1"
}
# Runs the SQL on stdin; what it answers comes out.
run_sql() {
  {
    said=$(client "$@" 2>&1 >&3 3>&-) || {
      explain "$said" >&2
      return 2
    }
  } 3>&1
}
running() { systemctl --quiet is-active "$SERVICE" && [ "$(echo 'SELECT 1;' | client 2>/dev/null)" = 1 ]; }
valid() { mariadbd --help --verbose 2>&1 >/dev/null | { ! grep -F '[ERROR]'; }; }
restart() { systemctl restart "$SERVICE"; }
# A secret as a literal of SQL; sql_mode has to be empty.
literal() {
  printf "'"
  sed -e 's/\\/\\\\/g' -e "s/'/''/g" "$1"
  printf "'"
}
