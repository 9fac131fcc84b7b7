#!/bin/sh
# Tests the configuration of one version of PHP's process manager, then takes it into force.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
case ${1-} in
  [5-9].[0-9]) ;;
  *) echo 'reload-php VERSION, for example reload-php 8.2' >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { echo 'reload-php takes one argument.' >&2; exit 2; }
"php-fpm$1" -t 2>/dev/null || exec "php-fpm$1" -t
exec systemctl reload "php$1-fpm"
