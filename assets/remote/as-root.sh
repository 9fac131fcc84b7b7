# Runs of root: each in a systemd unit of its own, whose name is the key. Definitions only; the
# prelude has set OP, RUN and ROOT.
state=$ROOT/var/lib/brokeforge
base=$state/op
dir=$base/$OP/$RUN
runtime=$ROOT/run/brokeforge
secrets=$runtime/$OP-$RUN
lock=$runtime/lock
unit=brokeforge-$OP-$RUN.service
home=/root

check_host() {
  [ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || refuse not-root
  [ -d "$ROOT/run/systemd/system" ] || refuse no-systemd
  need systemd-run systemctl
}
make_folders() { mkdir -p "$base/$OP" "$runtime" && chmod 0700 "$state" "$base" "$runtime"; }
alive() {
  case $(systemctl show -p ActiveState --value "$unit") in
    active | activating | deactivating | reloading) ;;
    *) return 1 ;;
  esac
}
start_run() {
  systemctl reset-failed "$unit" 2>/dev/null
  problem=$(systemd-run --quiet --no-ask-password --unit="$unit" -p Type=exec \
    -p IgnoreSIGPIPE=no -p TimeoutStopSec=15 -p StandardInput=null -p WorkingDirectory=/ \
    -p LimitCORE=0 \
    -p "StandardOutput=append:$dir/out" -p "StandardError=append:$dir/err" \
    -p "ExecStopPost=/bin/rm -rf $secrets" \
    /bin/sh "$dir/run.sh" "$dir" "$secrets" "$home" "$lock" "$OWNER $LOCK" 2>&1) || {
    # Another session of ours may be starting it right now: then there is something to follow.
    while [ ! -e "$dir/started" ] && alive; do sleep 0.1; done
    [ -e "$dir/started" ]
  }
}
main_pid() { systemctl show -p MainPID --value "$unit"; }
run_result() { systemctl show -p Result --value "$unit"; }
# No unit of that operation is there any more; when systemd does not answer, they count as there.
idle() {
  units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$1-*") || return 1
  [ -z "$units" ]
}
untouched() {
  touched=$(stat -c %Y "$lock" 2>/dev/null) && [ $(($(date +%s) - touched)) -gt 90 ]
}
# A lock that was left behind is moved aside by its name; a fresh one that came in between is put
# back.
break_lock() {
  mv "$lock" "$mine.old" 2>/dev/null || return 0
  read -r moved <"$mine.old"
  [ "$moved" = "$1" ] || ln "$mine.old" "$lock"
  rm -f "$mine.old"
}
take_lock() {
  mine=$runtime/lock.$OP.$$
  while ! cancelled; do
    printf '%s %s %s\n' "$OWNER" "$LOCK" "$(date +%s)" >"$mine" || refuse no-space
    if ln "$mine" "$lock" 2>/dev/null; then
      rm -f "$mine"
      return 0
    fi
    rm -f "$mine"
    held=
    [ -e "$lock" ] && read -r held <"$lock"
    owner=${held%% *}
    op=${held#* }
    since=${op#* }
    op=${op%% *}
    if [ "$owner $op" = "$OWNER $LOCK" ]; then
      touch "$lock"
      return 0
    fi
    [ -n "$held" ] || { untouched && rm -f "$lock"; continue; }
    if idle "$op" && { [ "$owner" = "$OWNER" ] || untouched; }; then
      break_lock "$held"
    else
      # Said again and again: a session whose other end has gone ends by it.
      say held "$owner" "$op" "$since"
      sleep 2
    fi
  done
}
