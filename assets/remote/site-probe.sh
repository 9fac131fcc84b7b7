# What is there of sites, one finding a line: what it is and the site's name.
for path in /home/brokeforge/sites/*; do
  [ ! -d "$path" ] || echo "folder ${path##*/}"
done
for path in /var/log/nginx/*/; do
  [ -d "$path" ] || continue
  path=${path%/}
  echo "logs ${path##*/}"
done
for path in /etc/nginx/sites-available/*.custom.conf; do
  [ -f "$path" ] || continue
  name=${path##*/}
  # what holds but comments says nothing
  if grep -q '^[[:space:]]*[^#[:space:]]' "$path"; then echo "custom ${name%.custom.conf}"; fi
done
for path in /etc/php/*/fpm/pool.d/brokeforge-*.conf; do
  [ -f "$path" ] || continue
  version=${path#/etc/php/}
  name=${path##*/brokeforge-}
  echo "pool ${name%.conf} ${version%%/*}"
done
for path in /var/lib/brokeforge-sites/*; do
  [ ! -d "$path" ] || echo "state ${path##*/}"
done
