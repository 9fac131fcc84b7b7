# Finds processes of runs. Definitions only; they come before those of place and keeper.

# Sets pid to the process that claimed the run of that folder, as long as it is at work: it still bears
# the folder's name.
run_pid() {
  pid=
  { read -r began && read -r pid; } 2>/dev/null <"$1/started"
  [ -n "$pid" ] && grep -qszxF -e "$1/run.sh" "/proc/$pid/cmdline" || pid=
  [ -n "$pid" ]
}
# Lists the processes that bear the run's mark: what a phase began has it in its environment, wherever it
# went from there.
marked() { grep -lszF -e "BF_IN=$dir/" -e "BF_IN=$secrets/" /proc/[0-9]*/environ; }
# Whether the run has said its last word, and all of it.
is_over() {
  [ -e "$dir/result" ] || return 1
  while read -r word verdict since; do
    [ "$word" != over ] || [ -z "$since" ] || return 0
  done <"$dir/result"
  return 1
}
# Sets condition, parent, session and born, which tells a process from a later one of its number.
stat_of() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- ${line##*) }
  condition=$1 parent=$2 session=$4 born=${20}
}
# Adds to members, `:PID:BORN:` each with a space before it, whatever belongs to the run now: what bears
# its mark, what is of its session $1, and what those began. All is looked at once: what comes up
# meanwhile is for the next time.
members=
gather() {
  rows=
  for process in /proc/[0-9]*; do
    number=${process#/proc/}
    stat_of "$number" && rows="$rows $number:$parent:$session:$born"
  done
  seeds=" $(marked | while IFS=/ read -r none proc number file; do printf '%s ' "$number"; done)"
  # Whose session it is: its number may be another one's by now.
  ours=
  ! run_pid "$dir" || ours=$1
  here=
  grew=1
  while [ -n "$grew" ]; do
    grew=
    for row in $rows; do
      number=${row%%:*} rest=${row#*:}
      parent=${rest%%:*} rest=${rest#*:}
      session=${rest%%:*} born=${rest#*:}
      case $here in *" :$number:"*) continue ;; esac
      case "$members $seeds" in
        *" :$number:$born:"* | *" $number "*) [ "$session" != "$1" ] || ours=$1 ;;
        *) [ "$session" = "$ours" ] || case $here in *" :$parent:"*) ;; *) continue ;; esac ;;
      esac
      here="$here :$number:"
      case $members in *" :$number:$born:"*) ;; *) members="$members :$number:$born:" ;; esac
      grew=1
    done
  done
}
# Sends a signal once to each of the members that are still there; answers whether there is one.
signal_members() {
  found=1
  for member in $members; do
    number=${member#:}
    number=${number%%:*}
    stat_of "$number" && [ "$member" = ":$number:$born:" ] && [ "$condition" != Z ] || continue
    found=0
    case $told in
      *" $1$member "*) ;;
      *) kill "-$1" "$number" 2>/dev/null && told="$told$1$member " ;;
    esac
  done
  return "$found"
}
told=" "
