# Leaves the host as an operation must leave it when its last run did not do so: lock given back,
# secrets gone. A run that goes on keeps both. The prelude has set OP, OWNER and ROOT.
export PATH="${ROOT:+$ROOT/bin:}$PATH"
if [ -d "$ROOT/run/systemd/system" ]; then
  units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$OP-*")
  [ -z "$units" ] || exit 0
fi
runtime=$ROOT/run/brokeforge
lock=$runtime/lock
if [ -e "$lock" ] && read -r held <"$lock"; then
  case $held in "$OWNER $OP "*) rm -f "$lock" ;; esac
fi
rm -rf "$runtime/$OP"-*
if [ -d "$ROOT/run/systemd/system" ]; then
  systemctl reset-failed "brokeforge-$OP-*" 2>/dev/null
fi
