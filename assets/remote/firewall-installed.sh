# Also after somebody took its files away: they come back with the package alone.
[ "$(dpkg-query -W -f '${db:Status-Status}' ufw 2>/dev/null)" = installed ] || exit 1
[ -x /lib/ufw/ufw-init ] && [ -f /etc/ufw/user.rules ] && [ -f /etc/ufw/user6.rules ] || exit 1
command -v iptables-restore >/dev/null && command -v ip6tables-restore >/dev/null || exit 1
