read -r wanted <"$BF_IN/connections"
grep -q "^[[:space:]]*worker_connections[[:space:]]\{1,\}$wanted;" /etc/nginx/nginx.conf || exit 1
[ ! -e /var/lib/brokeforge/undo-nginx ] || exit 1
