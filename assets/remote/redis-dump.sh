# Redis writes its own dump; its checker looks at it.
SUFFIX=rdb
dump_to() {
  [ "$(printf 'SAVE\n' | ask "$BF_IN/password" | tail -n 1)" = OK ] || {
    echo 'Redis did not save its data, so nothing is changed.' >&2
    exit 1
  }
  redis-check-rdb /var/lib/redis/dump.rdb >/dev/null || {
    echo 'The dump of Redis is not whole, so nothing is changed.' >&2
    exit 1
  }
  dump "$1" '' cat /var/lib/redis/dump.rdb
  # one that is to forget at a restart would find it there
  saves=$(printf 'CONFIG GET save\n' | ask "$BF_IN/password" | tail -n 1)
  [ -n "$saves" ] || rm -f /var/lib/redis/dump.rdb
}
size() { du -sk /var/lib/redis | cut -f 1; }
filled() {
  running || return 0
  printf 'INFO keyspace\n' | ask "$BF_IN/password" | grep -q '^db[0-9]'
}
# Keys come and go by themselves.
contents() { :; }
