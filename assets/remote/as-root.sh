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

is_root() {
  while read -r key real effective rest; do
    [ "$key" != Uid: ] || break
  done </proc/self/status
  [ "$effective" = 0 ]
}
check_host() {
  [ -n "$ROOT" ] || is_root || refuse not-root
  [ -d "$ROOT/run/systemd/system" ] || refuse no-systemd
  need systemd-run systemctl
}
make_folders() {
  [ -d "$base" ] && [ -d "$runtime" ] ||
    { mkdir -p "$base" "$runtime" && chmod 0700 "$state" "$base" "$runtime"; }
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
    /bin/sh "$dir/run.sh" "$dir" "$secrets" "$home" "$lock" "$OWNER $LOCK" 2>&1)
}
start_run() {
  set --
  [ ! -d "$secrets" ] || set -- -p "ExecStopPost=/bin/rm -rf $secrets"
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
  while [ ! -e "$dir/started" ] && alive; do sleep 0.1; done
  [ -e "$dir/started" ]
}
main_pid() { systemctl show -p MainPID --value "$unit"; }
run_result() { systemctl show -p Result --value "$unit"; }
# Nothing of that operation is at work any more; when systemd does not answer, it counts as at work.
# What the app user does inside it has no unit, so its processes are looked for, by their folder.
idle() {
  units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$1-*") || return 1
  [ -z "$units" ] || return 1
  case $1 in *[!A-Za-z0-9-]*) return 0 ;; esac
  ! grep -qszxE -e "/.*/brokeforge/op/$1(-[^/]*)?/[^/]+/run\.sh" /proc/[0-9]*/cmdline
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
# Made under a name of its own, so that it is never seen without its content.
make_lock() {
  printf '%s %s %s\n' "$OWNER" "$LOCK" "$NOW" >"$mine" || refuse no-space
  ln "$mine" "$lock" 2>/dev/null && made=1 || made=
  rm -f "$mine"
  [ -n "$made" ]
}
take_lock() {
  mine=$runtime/lock.$OP.$$
  while ! cancelled; do
    if [ ! -e "$lock" ] && make_lock; then
      return 0
    fi
    held=
    { read -r held <"$lock"; } 2>/dev/null
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
