# A run in a systemd unit of its own, whose name is the key; whatever it leaves running ends with it,
# unless the unit is told otherwise. Definitions only; the place's come before them.
unit=brokeforge-$OP-$RUN.service

check_keeper() { check_unit; }
check_unit() {
  [ -d "$ROOT/run/systemd/system" ] || refuse no-systemd
  need systemd-run systemctl
}
alive() {
  case $(systemctl show -p ActiveState --value "$unit") in
    active | activating | deactivating | reloading) ;;
    *) return 1 ;;
  esac
}
in_unit() {
  problem=$(systemd-run --quiet --no-ask-password --unit="$unit" -p Type=exec \
    -p IgnoreSIGPIPE=no -p TimeoutStopSec=15 -p StandardInput=null -p WorkingDirectory=/ \
    -p LimitCORE=0 \
    -p "StandardOutput=append:$dir/out" -p "StandardError=append:$dir/err" "$@" \
    /usr/bin/env -i $RUN_ENV HOME="$home" \
    /bin/sh "$dir/run.sh" "$dir" "$secrets" "$lock" "$OWNER $LOCK" 2>&1)
}
start_run() { start_unit; }
start_unit() {
  [ ! -d "$secrets" ] || set -- "$@" -p "ExecStopPost=/bin/rm -rf $secrets"
  if in_unit "$@"; then
    # It claims the run in a moment, if nobody else has.
    for wait in 1 2 3 4 5; do
      [ ! -e "$dir/started" ] || break
      sleep 0.005
    done
    return 0
  fi
  # One of that name that failed before it claimed the run is still known.
  if [ ! -e "$dir/started" ] && ! alive; then
    systemctl reset-failed "$unit" 2>/dev/null
    in_unit "$@" && return 0
  fi
  # Another session of ours may be starting it right now: then there is something to follow.
  is_claimed
}
# Waits for the claim, as long as the unit is there.
is_claimed() {
  while [ ! -e "$dir/started" ] && alive; do sleep 0.1; done
  [ -e "$dir/started" ]
}
main_pid() { systemctl show -p MainPID --value "$unit"; }
run_result() { systemctl show -p Result --value "$unit"; }
end_run() {
  if systemctl --quiet is-active "$unit"; then systemctl stop "$unit"; fi
}
at_work() {
  [ -d "$ROOT/run/systemd/system" ] && units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$OP-*") && [ -n "$units" ]
}
forget() {
  [ ! -d "$ROOT/run/systemd/system" ] || systemctl reset-failed "brokeforge-$OP-*" 2>/dev/null
}
