# Ends a run of a user without root: no further step begins, and what runs gets TERM, and KILL what
# is left of it after 15 s.
umask 077
mkdir -p "$base/$OP"
: >"$base/$OP/cancel"
if [ -e "$dir/started" ] && run_pid "$dir"; then
  session=$pid
  # again and again, as new ones may come up meanwhile
  left=75
  while signal_session "$session" TERM && [ "$left" -gt 0 ]; do
    left=$((left - 1))
    sleep 0.2
  done
  signal_session "$session" KILL || :
fi
