# Starts one run of an operation, or attaches to it, and then follows it. The prelude has set
# N (this session's nonce), OP, LOCK, RUN, OWNER, NOW, MAY_START, OUT_AT, ERR_AT and ROOT, and payload().
# It may die at any point: every state it leaves behind is one that the next one can go on from.
umask 077
export LC_ALL=C.UTF-8
export PATH="${ROOT:+$ROOT/bin:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
cd /
say() { printf '\n%s %s\n' "$N" "$*"; }
# What the steps find in their environment, besides HOME and BF_IN.
RUN_ENV="LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
refuse() { say refused "$@"; exit 0; }
pid=
boot=unknown
read -r boot </proc/sys/kernel/random/boot_id
say hello "$boot"

need() {
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || refuse no-tool "$tool"
  done
}
need base64 timeout tail sync stat find
check_place
check_keeper

# Nothing here but what the shell does itself, as there may be hundreds of files.
put() { printf %s "$2" >"$into/$1" || refuse no-space; }
put_bytes() { printf %s "$2" | base64 -d >"$into/$1" || refuse no-space; }
folders() {
  for name; do
    set -- "$@" "$into/$name"
    shift
  done
  mkdir -p "$into" "$@" || refuse no-space
}
cancelled() { [ "$RUN" != undo ] && [ -e "$base/$OP/cancel" ]; }

if [ ! -e "$dir/started" ]; then
  [ "$MAY_START" = 1 ] || { say absent; exit 0; }
  make_folders || refuse no-space
  # one in sixteen is enough of them to look for what is old
  case $N in
    0*) find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} + ;;
  esac
  take_lock
  cancelled && { say cancelled; exit 0; }
  # A folder under its own name is always whole: it is filled under another one.
  new=$dir.new.$$
  payload
  mv -T "$new" "$dir" 2>/dev/null || rm -rf "$new"
  [ -d "$dir" ] || refuse no-space
  start_run || refuse start "$(printf %s "$problem" | tail -c 300 | tr '\n' ' ')"
  # What has just claimed it is the process to follow.
  { read -r began && read -r pid; } 2>/dev/null <"$dir/started"
fi

[ -n "$pid" ] || pid=$(main_pid)
say follow
say follow >&2
if [ "${pid:-0}" -gt 0 ]; then
  # where the file system does not tell of changes (an overlay) it is looked this often
  tail -c "+$ERR_AT" -s 0.01 -f --pid="$pid" "$dir/err" >&2 &
  tail -c "+$OUT_AT" -s 0.01 -f --pid="$pid" "$dir/out"
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
if is_over; then
  how=ended
  # another one's that wanted to start it too
  [ ! -e "$secrets" ] || rm -rf "$secrets"
else
  how=$(run_result)
fi
say gone "$boot" "${began:-unknown}" "$how"
