export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
# The first boot's own work is let through first.
if command -v cloud-init >/dev/null; then
  case $(cloud-init status 2>/dev/null) in
    *running*)
      echo 'cloud-init is still at work; it is waited for.'
      timeout 900 cloud-init status --wait >/dev/null || :
      ;;
  esac
fi
# Who holds one of dpkg's locks is told, and waited for by apt itself; no lock is ever taken away.
for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock \
  /var/cache/apt/archives/lock; do
  [ -e "$lock" ] || continue
  inode=$(stat -c %i "$lock")
  for pid in $(awk -v inode="$inode" '{ split($6, at, ":"); if (at[3] == inode) print $5 }' /proc/locks); do
    [ -r "/proc/$pid/comm" ] && read -r holder <"/proc/$pid/comm" || holder=unknown
    echo "$lock is held by $holder (process $pid); it is waited for, at most 15 minutes."
  done
done
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
