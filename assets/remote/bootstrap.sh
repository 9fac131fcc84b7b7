# Starts one run of an operation, or attaches to it, and then follows it. The prelude has set
# N (this session's nonce), OP, LOCK, RUN, OWNER, MAY_START, OUT_AT, ERR_AT and ROOT, and payload().
# It may die at any point: every state it leaves behind is one that the next one can go on from.
umask 077
export LC_ALL=C.UTF-8
export PATH="${ROOT:+$ROOT/bin:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
cd /
say() { printf '\n%s %s\n' "$N" "$*"; }
refuse() { say refused "$@"; exit 0; }
boot=unknown
read -r boot </proc/sys/kernel/random/boot_id
say hello "$boot"

[ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || refuse not-root
[ -d "$ROOT/run/systemd/system" ] || refuse no-systemd
for tool in systemd-run systemctl base64 timeout tail sync stat find; do
  command -v "$tool" >/dev/null 2>&1 || refuse no-tool "$tool"
done

base=$ROOT/var/lib/brokeforge/op
dir=$base/$OP/$RUN
runtime=$ROOT/run/brokeforge
secrets=$runtime/$OP-$RUN
lock=$runtime/lock
unit=brokeforge-$OP-$RUN.service

put() { printf %s "$2" | base64 -d >"$new/$1" || refuse no-space; }
put_secret() { printf %s "$2" | base64 -d >"$secrets/$1" || refuse no-space; }
cancelled() { [ "$RUN" != undo ] && [ -e "$base/$OP/cancel" ]; }
# No unit of that operation is there any more; when systemd does not answer, they count as there.
idle() {
  units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$1-*") || return 1
  [ -z "$units" ]
}
alive() {
  case $(systemctl show -p ActiveState --value "$unit") in
    active | activating | deactivating | reloading) ;;
    *) return 1 ;;
  esac
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

if [ ! -e "$dir/started" ]; then
  [ "$MAY_START" = 1 ] || { say absent; exit 0; }
  mkdir -p "$base/$OP" "$runtime" && chmod 0700 "$ROOT/var/lib/brokeforge" "$base" "$runtime" ||
    refuse no-space
  find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +
  take_lock
  cancelled && { say cancelled; exit 0; }
  # A folder under its own name is always whole: it is filled under another one.
  new=$dir.new.$$
  mkdir -p "$new" "$secrets" || refuse no-space
  payload
  if mv -T "$new" "$dir" 2>/dev/null; then sync "$base/$OP"; else rm -rf "$new"; fi
  [ -d "$dir" ] || refuse no-space
  systemctl reset-failed "$unit" 2>/dev/null
  problem=$(systemd-run --quiet --no-ask-password --unit="$unit" -p Type=exec \
    -p IgnoreSIGPIPE=no -p TimeoutStopSec=15 -p StandardInput=null -p WorkingDirectory=/ \
    -p LimitCORE=0 \
    -p "StandardOutput=append:$dir/out" -p "StandardError=append:$dir/err" \
    -p "ExecStopPost=/bin/rm -rf $secrets" \
    /bin/sh "$dir/run.sh" "$dir" "$secrets" "$lock" "$OWNER $LOCK" 2>&1) || {
    # Another session of ours may be starting it right now: then there is something to follow.
    while [ ! -e "$dir/started" ] && alive; do sleep 0.1; done
    [ -e "$dir/started" ] || refuse start "$(printf %s "$problem" | tail -c 300 | tr '\n' ' ')"
  }
fi

pid=$(systemctl show -p MainPID --value "$unit")
say follow
say follow >&2
if [ "${pid:-0}" -gt 0 ]; then
  tail -c "+$ERR_AT" -s 0.1 -f --pid="$pid" "$dir/err" >&2 &
  tail -c "+$OUT_AT" -s 0.1 -f --pid="$pid" "$dir/out"
  wait
else
  tail -c "+$ERR_AT" "$dir/err" >&2
  tail -c "+$OUT_AT" "$dir/out"
fi
say report
say report >&2
if [ -e "$dir/result" ]; then
  while read -r line; do say result "$line"; done <"$dir/result"
fi
began=unknown
read -r began <"$dir/started"
say gone "$boot" "${began:-unknown}" "$(systemctl show -p Result --value "$unit")"
