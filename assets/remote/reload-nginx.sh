#!/bin/sh
# Tests nginx's configuration, then takes it into force. Takes no arguments.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
[ $# -eq 0 ] || { echo 'reload-nginx takes no arguments.' >&2; exit 2; }
nginx -t -q
exec systemctl reload nginx
