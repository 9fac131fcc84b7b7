# A run in a session of its own, keyed by its folder; what it leaves running in another one goes on, as
# after a login. Definitions only; the place's come before them.
check_keeper() { need setsid grep; }
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
  problem="it ended at once"
  # It has claimed the run, or ended, when nobody has this pipe open any more.
  : "$(ulimit -c 0
    exec setsid -f /usr/bin/env -i $RUN_ENV HOME="$home" \
      /bin/sh "$dir/run.sh" "$dir" "$secrets" "$lock" "$OWNER $LOCK" \
      4>&1 </dev/null >>"$dir/out" 2>>"$dir/err")"
  [ -e "$dir/started" ]
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
end_run() {
  [ -e "$dir/started" ] && run_pid "$dir" || return 0
  session=$pid
  # again and again, as new ones may come up meanwhile; after 15 s by KILL
  left=75
  while signal_session "$session" TERM && [ "$left" -gt 0 ]; do
    left=$((left - 1))
    sleep 0.2
  done
  signal_session "$session" KILL || :
}
at_work() {
  for folder in "$base/$OP"/*/; do
    if [ -e "$folder/started" ] && run_pid "${folder%/}"; then return 0; fi
  done
  return 1
}
forget() { :; }
