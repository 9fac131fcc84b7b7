# Leaves the host as an operation must leave it when its last run did not do so: lock given back,
# secrets gone. A run that goes on keeps both. The prelude has set OP, OWNER, ROOT and LOCK, which
# is empty where the lock is a parent's.
export PATH="${ROOT:+$ROOT/bin:}$PATH"
if [ -d "$ROOT/run/systemd/system" ]; then
  # One that has just said its last word is over in a moment.
  left=30
  while units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$OP-*") && [ -n "$units" ]; do
    [ "$left" -gt 0 ] || exit 0
    left=$((left - 1))
    sleep 0.1
  done
fi
runtime=$ROOT/run/brokeforge
lock=$runtime/lock
if [ -n "$LOCK" ] && [ -e "$lock" ] && read -r held <"$lock"; then
  case $held in "$OWNER $LOCK "*) rm -f "$lock" ;; esac
fi
rm -rf "$runtime/$OP"-*
if [ -d "$ROOT/run/systemd/system" ]; then
  systemctl reset-failed "brokeforge-$OP-*" 2>/dev/null
fi
