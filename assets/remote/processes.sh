# Finds processes of runs. Definitions only; they come before those of place and keeper.

# Whether something of that operation, or of one inside it, is at work: its runner, or a phase of a step.
# Where nothing knows its unit it is looked for by the folder of its run, which is in the command line.
named() {
  case $1 in *[!A-Za-z0-9-]*) return 1 ;; esac
  grep -qszxE -e "/.*/brokeforge/op/$1(-[^/]*)?/[^/]+/(run\.sh|[0-9]+\.[a-z]+)" /proc/[0-9]*/cmdline
}
# Sets pid to the process that claimed the run of that folder, as long as it is at work: it still bears
# the folder's name.
run_pid() {
  pid=
  { read -r began && read -r pid; } 2>/dev/null <"$1/started"
  [ -n "$pid" ] && grep -qszxF -e "$1/run.sh" "/proc/$pid/cmdline" || pid=
  [ -n "$pid" ]
}
# Sets ids and state to what the kernel tells of a process: parent, session and, as a number is given
# to others in time, when it began.
stat_of() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- ${stat##*) }
  state=$1 parent=$2 session=$4 since=${20}
}
# Adds to members, `:PID:SINCE:` each with a space before it, whatever is of the session $1 or was
# begun by one of them.
members=
gather() {
  grew=1
  while [ -n "$grew" ]; do
    grew=
    for process in /proc/[0-9]*; do
      number=${process#/proc/}
      stat_of "$number" || continue
      case $members in *" :$number:$since:"*) continue ;; esac
      if [ "$session" != "$1" ]; then
        case $members in *" :$parent:"*) ;; *) continue ;; esac
      fi
      members="$members :$number:$since:"
      grew=1
    done
  done
}
# Sends a signal to those of the members that are still there; answers whether there is one.
signal_members() {
  found=1
  for member in $members; do
    number=${member#:}
    number=${number%%:*}
    stat_of "$number" && [ "$member" = ":$number:$since:" ] && [ "$state" != Z ] || continue
    found=0
    case $told in
      *" $1$member "*) ;;
      *) kill "-$1" "$number" 2>/dev/null && told="$told$1$member " ;;
    esac
  done
  return "$found"
}
told=" "
