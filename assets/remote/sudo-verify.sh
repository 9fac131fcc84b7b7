visudo -c -q
runuser -u brokeforge -- sudo -n -l /usr/local/lib/brokeforge/reload-nginx >/dev/null
# anything else is refused
! runuser -u brokeforge -- sudo -n -l /bin/sh >/dev/null 2>&1 || {
  echo 'The user brokeforge may run /bin/sh as root: another policy on the host lets it.' >&2
  exit 1
}
