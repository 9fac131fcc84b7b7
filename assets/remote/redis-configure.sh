MAIN=/etc/redis/redis.conf
# The include has to be the last line: what is said later counts.
prepare() {
  [ "$(tail -n 1 "$MAIN")" = "$LINE" ] || {
    cp -p "$MAIN" "$MAIN.brokeforge-new"
    { grep -vxF "$LINE" "$MAIN"; printf '%s\n' "$LINE"; } >"$MAIN.brokeforge-new"
    sync "$MAIN.brokeforge-new"
    mv -fT "$MAIN.brokeforge-new" "$MAIN"
  }
}
# it has no checker: a start that fails says it
valid() { :; }
# without our file the line that includes it would keep Redis from starting
restore() { [ -f "$CONFIG" ] || sed -i "\\|^$LINE\$|d" "$MAIN"; }
