# The place of root's runs, and the host's lock. Definitions only; the prelude has set OP, RUN and
# ROOT.
state=$ROOT/var/lib/brokeforge
base=$state/op
runtime=$ROOT/run/brokeforge
lock=$runtime/lock
home=/root
# Where a run of the operation lies.
run_of() {
  dir=$base/$OP/$1
  secrets=$runtime/$OP-$1
}
run_of "$RUN"

is_root() {
  while read -r key real effective rest; do
    [ "$key" != Uid: ] || break
  done </proc/self/status
  [ "$effective" = 0 ]
}
check_place() { [ -n "$ROOT" ] || is_root || refuse not-root; }
make_folders() {
  [ -d "$base" ] && [ -d "$runtime" ] ||
    { mkdir -p "$base" "$runtime" && chmod 0700 "$state" "$base" "$runtime"; }
}
no_secrets() { rm -rf "$runtime/$OP"-*; }
# Whether what a connection begins goes on when that ends: in sshd's own service, of which only the main
# process is ended, or in a session of root's, which logind leaves alone unless it is told not to.
outlives() {
  while IFS=: read -r number kind group; do
    case $kind in '' | name=systemd) ;; *) continue ;; esac
    case $group in */ssh.service | */sshd.service | */user-0.slice/*) return 0 ;; esac
  done <"$ROOT/proc/self/cgroup"
  return 1
}
# Nothing of that operation, or of one inside it, is at work any more; when systemd does not answer, it
# counts as at work. What has no unit is looked for by the folder of its run, which is in the command line
# of its runner and of each phase.
idle() {
  units=$(systemctl list-units --no-legend --plain \
    --state=active,activating,deactivating,reloading "brokeforge-$1-*") || return 1
  [ -z "$units" ] || return 1
  case $1 in *[!A-Za-z0-9-]*) return 0 ;; esac
  ! grep -qszxE -e "/.*/brokeforge/op/$1(-[^/]*)?/[^/]+/(run\.sh|[0-9]+\.[a-z]+)" /proc/[0-9]*/cmdline
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
