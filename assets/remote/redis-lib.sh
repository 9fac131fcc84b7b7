# Redis over loopback with its password.
TITLE=Redis
SERVICE=redis-server.service
CONFIG=/etc/redis/brokeforge.conf
OWNER=root:redis
MODE=640
LINE='include /etc/redis/brokeforge.conf'
locate() { :; }
there() { command -v redis-server >/dev/null; }
port() { sed -n 's/^port \([0-9]*\)$/\1/p' "$CONFIG" /etc/redis/redis.conf 2>/dev/null | head -n 1; }
# A secret in quotes, with every byte of it as its number.
quoted() {
  printf '"'
  od -An -v -tx1 "$1" | tr -d ' \n' | sed 's/../\\x&/g'
  printf '"'
}
# Runs the commands on stdin, logged in with a password from a file.
ask() {
  password=$1
  shift
  { printf 'AUTH '; quoted "$password"; printf '\n'; cat; } |
    redis-cli -h 127.0.0.1 -p "$(port)" "$@" 2>&1 | tr -d '\r'
}
running() { systemctl --quiet is-active "$SERVICE"; }
restart() { systemctl restart "$SERVICE"; }
