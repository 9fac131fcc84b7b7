# Runs the steps of one run, on the host, detached from every connection.
# $1: the run's folder; $2: its secrets; $3: the host's lock, or nothing; $4: what the lock says when
# it is ours. Its environment is the steps' own, without BF_IN.
# Each phase is written down before it begins and after it ended, durably before anything is changed
# and at the end; a process for that costs as much as a step that looks at something. The marks that
# the controller follows come after that. It always exits 0: any other end means that it was killed.
umask 077
dir=$1
secrets=$2
boot=unknown
read -r boot </proc/sys/kernel/random/boot_id
# The claim: of two that were started, the second one does nothing.
set -C
{ printf '%s\n%s\n' "$boot" "$$" >"$dir/started"; } 2>/dev/null || exit 0
set +C
# Whoever started it may be waiting for that.
exec 4>&-
read -r nonce <"$dir/nonce"
stop=
trap 'stop=1' TERM

fresh=1
marks=
line='
'
# Writes down what is to be told.
mark() {
  printf '%s %s\n' "$*" "$boot" >>"$dir/result" || return 1
  marks=$marks$line$nonce' '$*$line
}
# An end is told together with what comes after it.
tell() {
  printf %s "$marks"
  printf %s "$marks" >&2
  marks=
}
uptime() {
  read -r up rest </proc/uptime
  now=${up%.*}${up#*.}
}
# Keeps a phase that floods from filling the disk. Of what it says the controller keeps no more than the
# first 16 MiB; whoever follows it live may be 64 MiB behind. What lies between becomes a hole, so that
# every offset holds. Where the phase began to write is in a file; where the writing is, the kernel tells
# of our own streams. A file system that knows no holes keeps all of it.
bound() {
  began=
  read -r began <"$dir/at" || return 0
  read -r _ out_now <"/proc/$$/fdinfo/1"
  read -r _ err_now <"/proc/$$/fdinfo/2"
  # another phase has begun meanwhile
  read -r still <"$dir/at" && [ "$began" = "$still" ] || return 0
  hole out "${began% *}" "$out_now"
  hole err "${began#* }" "$err_now"
}
hole() {
  first=$(($2 + 16777216))
  length=$(($3 - 67108864 - first))
  [ "$length" -lt 1048576 ] || fallocate -p -o "$first" -l "$length" "$dir/$1" 2>/dev/null
}
phase() {
  uptime
  from=$now
  # What cannot be written down is not begun.
  mark begin "$step" "$1" || return 1
  [ "$1" != apply ] || durable || return 1
  tell
  read -r _ out_now <"/proc/$$/fdinfo/1"
  read -r _ err_now <"/proc/$$/fdinfo/2"
  echo "$out_now $err_now" >"$dir/at"
  (
    # told to end while the beginning was written down
    [ -z "$stop" ] || exit 143
    umask 022
    cd /
    BF_IN=$inputs
    export BF_IN
    exec timeout -k 10 "$limit" /bin/sh -eu "$dir/$step.$1"
  ) </dev/null 3<&-
  status=$?
  bound
  uptime
  mark end "$step" "$1" "$status" "$(((now - from) * 10))"
}
# What is about to be changed is on record whatever happens to the host: all of it with the first change.
durable() {
  if [ -n "$fresh" ]; then
    sync "$dir/result" "$dir/started" "$dir" "${dir%/*}" && fresh=
  else
    sync "$dir/result"
  fi
}
has() { [ -e "$dir/$step.$1" ]; }

one_step() {
  if has check; then
    phase check || return 1
    [ "$status" = 0 ] && return 0
    [ "$status" = 1 ] && [ -z "$stop" ] && { has apply || has verify; } || return 1
  fi
  if has apply; then
    phase apply && [ "$status" = 0 ] && [ -z "$stop" ] || return 1
  fi
  if has verify; then
    phase verify && [ "$status" = 0 ] || return 1
  fi
}

# Looks each second whether the step at work floods.
while sleep 1 && kill -0 "$$"; do bound; done </dev/null >/dev/null 2>&1 &
watcher=$!

verdict=done
while read -r step limit where <&3; do
  if [ -n "$stop" ] || { [ "${dir##*/}" != undo ] && [ -e "${dir%/*}/cancel" ]; }; then
    verdict=cancelled
    break
  fi
  case $where in secret) inputs=$secrets/$step ;; *) inputs=$dir/in/$step ;; esac
  one_step || {
    verdict=failed
    break
  }
done 3<"$dir/steps"
[ ! -e "$secrets" ] || rm -rf "$secrets"
if [ "$verdict" = done ] && [ -n "$3" ] && [ -e "$dir/last" ] && read -r held <"$3"; then
  case $held in "$4 "*) rm -f "$3" ;; esac
fi
# by a signal that cannot come too early
kill -KILL "$watcher" 2>/dev/null
mark over "$verdict" && durable && tell
exit 0
