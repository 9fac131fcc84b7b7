# What nginx is there and whose its configuration is, one finding a line.
if command -v nginx >/dev/null; then
  version=$(nginx -v 2>&1)
  echo "version ${version##*/}"
fi
if systemctl is-active --quiet nginx 2>/dev/null; then echo active; fi
conf=/etc/nginx/nginx.conf
if [ -f "$conf" ]; then
  sed -n 's/^[[:space:]]*worker_connections[[:space:]]\{1,\}\([0-9]\{1,\}\);.*/connections \1/p' "$conf"
fi
for file in "$conf" /etc/nginx/conf.d/*.conf; do
  if [ -f "$file" ] && grep -q '^[[:space:]]*server_names_hash_bucket_size[[:space:]]' "$file" &&
    ! grep -q '^# Written by brokeforge' "$file"; then
    echo 'bucket'
  fi
done
if [ -f /etc/nginx/conf.d/brokeforge.conf ]; then echo ours; fi
if [ -d /var/lib/brokeforge/undo-nginx ]; then echo unfinished; fi
stock=$(dpkg-query -W -f '${Conffiles}\n' nginx-common nginx 2>/dev/null) || :
for file in /etc/nginx/conf.d/* /etc/nginx/sites-available/* /etc/nginx/sites-enabled/*; do
  [ -f "$file" ] || continue
  case $file in */sites-available/*.custom.conf) continue ;; esac
  name=${file##*/}
  if grep -q '^# Written by brokeforge' "$file"; then
    case $file in
      */sites-available/*)
        said=$(sed -n 's/^# Content: sha256 //p;2q' "$file")
        is=$(tail -n +3 "$file" | sha256sum)
        if [ "$said" = "${is%% *}" ]; then state=whole; else state=edited; fi
        if grep -q '^ *listen .*default_server;' "$file"; then state="$state default"; fi
        echo "vhost ${name%.conf} $state"
        ;;
    esac
    continue
  fi
  sum=$(md5sum <"$file")
  case $stock in
    *" $(readlink -f "$file") ${sum%% *}"*) [ "${file%/*}" != /etc/nginx/sites-enabled ] || echo "stock $file" ;;
    *) echo "foreign $file" ;;
  esac
done
if command -v nginx >/dev/null; then
  if words=$(nginx -t 2>&1); then
    nginx -T 2>/dev/null | awk '
      /^# configuration file .*:$/ { file = $4; sub(/:$/, "", file); next }
      {
        sub(/#.*/, ""); gsub(/[;{}]/, " & ")
        for (i = 1; i <= NF; i++) {
          if ($i == ";") statement = ""
          else if (statement == "server_name") print "name", $i, file
          else if (statement == "listen" && ($i == "default_server" || $i == "default")) print "default", file
          else if ($i == "server_name" || $i == "listen") statement = $i
        }
      }' | head -c 500000
  else
    printf '%s\n' "$words" | sed 's/^/broken /' | tail -n 5
  fi
fi
# who listens, where ss cannot tell
for port in 0050 01BB; do
  for table in /proc/net/tcp /proc/net/tcp6; do
    [ -r "$table" ] || continue
    inode=$(awk -v port=":$port" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' "$table")
    [ -n "$inode" ] || continue
    found=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | head -n 1) || :
    [ -n "$found" ] || continue
    pid=${found#/proc/}
    read -r holder <"/proc/${pid%%/*}/comm" || holder=unknown
    case $port in 0050) echo "port 80 $holder" ;; *) echo "port 443 $holder" ;; esac
    break
  done
done
