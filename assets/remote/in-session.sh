# A run in a session of its own, keyed by its folder; what it leaves running in the background goes on,
# as after a login. Definitions only; those of processes, of the place and, for root, of units come
# before them.
check_keeper() {
  need setsid grep
  outlives || check_unit
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
  if ! outlives; then
    start_unit -p KillMode=process && is_claimed
    return
  fi
  # It has claimed the run, or ended, when nobody has this pipe open any more.
  : "$(ulimit -c 0
    exec setsid -f /usr/bin/env -i $RUN_ENV HOME="$home" \
      /bin/sh "$dir/run.sh" "$dir" "$secrets" "$lock" "$OWNER $LOCK" \
      4>&1 </dev/null >>"$dir/out" 2>>"$dir/err")"
  [ ! -e "$dir/started" ] || return 0
  problem=$(tail -c 300 "$dir/err")
  problem=${problem:-it ended at once}
  return 1
}
# How a run ended that did not say so: it was killed. What it was at must not go on unseen, nor its
# secrets stay, which it could not take away itself.
run_result() { run_pid "$dir" || { end_run; rm -rf "$secrets"; }; }
end_run() {
  began= leader=
  { read -r began && read -r leader; } 2>/dev/null <"$dir/started"
  boot_now=
  read -r boot_now </proc/sys/kernel/random/boot_id
  [ -n "$leader" ] && [ "$began" = "$boot_now" ] && ! is_over || return 0
  # again and again, as new ones may come up meanwhile; after 15 s by KILL
  left=75
  while gather "$leader" && signal_members TERM && [ "$left" -gt 0 ]; do
    left=$((left - 1))
    sleep 0.2
  done
  signal_members KILL || :
}
at_work() {
  for folder in "$base/$OP"/*/; do
    folder=${folder%/}
    run_of "${folder##*/}"
    [ -e "$dir/started" ] && ! is_over || continue
    if run_pid "$dir" || [ -n "$(marked)" ]; then return 0; fi
  done
  return 1
}
