# This one value stands in a block that there can be but once, so its line itself is changed.
read -r wanted <"$BF_IN/connections"
conf=/etc/nginx/nginx.conf
grep -q '^[[:space:]]*worker_connections[[:space:]]\{1,\}[0-9]\{1,\};' "$conf" || {
  echo "$conf has no line with worker_connections; it is left alone." >&2
  exit 1
}
BF_IN=$(mktemp -d /run/brokeforge-nginx.XXXXXX)
trap 'rm -rf "$BF_IN"' EXIT
sed "s/^\([[:space:]]*worker_connections[[:space:]]\{1,\}\)[0-9]\{1,\};/\1$wanted;/" "$conf" >"$BF_IN/nginx.conf"
echo "put nginx.conf $conf" >"$BF_IN/changes"
