packages 'redis-server' 'redis-tools' 'redis' 'redis-sentinel' 'valkey*' 'keydb*' | tell packages
candidate redis-server | tell candidate
claims redis | tell claims
if [ -d /var/lib/redis ]; then
  find /var/lib/redis -mindepth 1 -maxdepth 2 -type f \( -name '*.rdb' -o -name '*.aof' \) -size +0 \
    -printf '%f\n' | head -n 50 | tell data
fi
if command -v redis-cli >/dev/null; then
  port=$(sed -n 's/^port \([0-9]*\)$/\1/p' /etc/redis/redis.conf /etc/redis/brokeforge.conf \
    2>/dev/null | tail -n 1)
  printf 'INFO keyspace\nINFO server\n' | timeout 10 redis-cli -h 127.0.0.1 -p "${port:-6379}" 2>&1 |
    tr -d '\r' | tell catalogue || :
fi
