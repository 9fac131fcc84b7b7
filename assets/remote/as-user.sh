# Runs of a user without root: each in a session of its own, keyed by its folder. The host's lock
# is root's; whoever has the turn there has it for these too. Definitions only; the prelude has set
# OP, RUN and ROOT.
home=${ROOT:+$ROOT/home}
home=${home:-$HOME}
state=$home/.local/state/brokeforge
base=$state/op
dir=$base/$OP/$RUN
# /run/user goes with the last login, and a run outlives that.
secrets=$base/$OP/$RUN.secrets
lock=

check_host() { need setsid grep; }
make_folders() { mkdir -p "$base/$OP" && chmod 0700 "$state" "$base"; }
take_lock() { :; }
# The run of this folder, as long as it is at work: its claim has the process's number, and that
# process still bears the folder's name.
run_pid() {
  pid=
  { read -r began && read -r pid; } 2>/dev/null <"$1/started"
  [ -n "$pid" ] && grep -qszxF -e "$1/run.sh" "/proc/$pid/cmdline" || pid=
  [ -n "$pid" ]
}
main_pid() {
  # Whoever has just claimed it has its number written in a moment.
  for wait in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(grep -c '' "$dir/started")" -lt 2 ] || break
    sleep 0.1
  done
  run_pid "$dir"
  printf '%s\n' "${pid:-0}"
}
start_run() {
  setsid /usr/bin/env -i $RUN_ENV HOME="$home" /bin/sh "$dir/run.sh" "$dir" "$secrets" "$home" '' '' \
    </dev/null >>"$dir/out" 2>>"$dir/err" &
  problem="it ended at once"
  while [ ! -e "$dir/started" ]; do
    kill -0 "$!" 2>/dev/null || [ -e "$dir/started" ] || return 1
    sleep 0.02
  done
}
run_result() {
  # What a run that was killed could not take away itself.
  run_pid "$dir" || rm -rf "$secrets"
}
# Every process of a session gets the signal once; answers whether there is one.
signal_session() {
  found=1
  for process in /proc/[0-9]*; do
    { read -r stat <"$process/stat"; } 2>/dev/null || continue
    number=${process#/proc/}
    set -- "$1" "$2" ${stat##*) }
    if [ "$6" = "$1" ] && [ "$3" != Z ]; then
      found=0
      case $told in
        *" $2:$number "*) ;;
        *) kill "-$2" "$number" 2>/dev/null && told="$told$2:$number " ;;
      esac
    fi
  done
  return "$found"
}
told=" "
