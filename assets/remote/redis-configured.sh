# The included file is there as wanted, and what is in force is what it says.
configured() {
  running || exit 1
  [ "$(tail -n 1 /etc/redis/redis.conf)" = "$LINE" ] || exit 1
  [ "$(stat -c '%U:%G %a' "$CONFIG")" = "$OWNER $MODE" ] || exit 1
  write | cmp -s - "$CONFIG" || exit 1
  # one line a value: its name and what it is to be
  while read -r name value; do
    is=$(printf 'CONFIG GET %s\n' "$name" | ask "$BF_IN/password" | sed -n '3p')
    [ "$is" = "$value" ] || {
      printf 'Not in force in Redis: %s is “%s”, not “%s”.\n' "$name" "$is" "$value" >&2
      exit 1
    }
  done <"$BF_IN/effective"
  # nobody is let in without the password
  said=$(printf 'PING\n' | redis-cli -h 127.0.0.1 -p "$(port)" 2>&1) || :
  case $said in
    NOAUTH*) ;;
    *)
      echo 'Redis answers without its password.' >&2
      exit 1
      ;;
  esac
}
