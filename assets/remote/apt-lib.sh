export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
# A line that begins with “waits for” is shown wherever the step is, until the next one.
# The first boot's own work is let through first.
if command -v cloud-init >/dev/null; then
  case $(cloud-init status 2>/dev/null) in
    *running*)
      echo 'waits for cloud-init: the first boot is still at work; at most 15 minutes'
      timeout 900 cloud-init status --wait >/dev/null || :
      echo 'cloud-init is waited for no longer.'
      ;;
  esac
fi
# Who holds one of dpkg's locks is told and waited for; no lock is ever taken away. A number of
# another file system's file may be the same: only who has that file open counts.
holder() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock \
    /var/cache/apt/archives/lock; do
    [ -e "$lock" ] || continue
    inode=$(stat -c %i "$lock")
    for pid in $(awk -v inode="$inode" '{ split($6, at, ":"); if (at[3] == inode) print $5 }' /proc/locks); do
      find "/proc/$pid/fd" -lname "$lock" 2>/dev/null | grep -q . || continue
      name=unknown
      [ ! -r "/proc/$pid/comm" ] || read -r name <"/proc/$pid/comm" || :
      echo "$name (pid $pid)"
      return 0
    done
  done
}
waited=0
told=
while who=$(holder) && [ -n "$who" ] && [ "$waited" -lt 900 ]; do
  [ "$who" = "$told" ] || echo "waits for dpkg: $who has it; at most 15 minutes"
  told=$who
  sleep 1
  waited=$((waited + 1))
done
[ -z "$told" ] || [ -n "$who" ] || echo 'dpkg is free now.'
# What was interrupted is finished once.
if [ -n "$(find /var/lib/dpkg/updates -type f 2>/dev/null)" ] || dpkg --audit | grep -q .; then
  echo 'dpkg was interrupted before; its work is finished first.'
  dpkg --force-confold --force-confdef --configure -a
fi
get() {
  apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900 -o Acquire::Retries=2 \
    -o Acquire::http::Timeout=60 -o Acquire::https::Timeout=60 \
    -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef "$@"
}
# Whether there is room for packages at all.
disk_room() {
  free=$(df -P -k /var | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 102400 ] || {
    echo "There are only $((free / 1024)) MiB free on the file system of /var." >&2
    exit 1
  }
}
