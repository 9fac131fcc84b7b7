# Which PHP is there, which could be, and whose its configuration is, one finding a line.
dpkg-query -W -f '${binary:Package} ${db:Status-Status} ${Version}\n' 'php[0-9]*' 2>/dev/null |
  awk '$2 == "installed" { sub(/:.*/, "", $1); print "package", $1, $3 }' || :
if [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)" ]; then
  echo lists
fi
names=$(apt-cache pkgnames php | grep -E '^php[0-9]+\.[0-9]+-[a-z0-9-]+$' | sort) || names=
# shellcheck disable=SC2086 -- names of packages hold no spaces
if [ -n "$names" ]; then
  apt-cache policy $names | awk '
    /^[^ ]/ { name = $1; sub(/:$/, "", name) }
    $1 == "Candidate:" && $2 != "(none)" { print "candidate", name, $2 }'
fi
if [ -f /etc/apt/sources.list.d/brokeforge-php.sources ]; then echo repository; fi
stock=$(dpkg-query -W -f '${Conffiles}\n' 'php[0-9]*-fpm' 2>/dev/null) || stock=
for file in /etc/php/*/fpm/pool.d/*.conf; do
  [ -f "$file" ] || continue
  version=${file#/etc/php/}
  version=${version%%/*}
  name=${file##*/}
  if [ "$(head -c 24 "$file")" = '; Written by brokeforge.' ]; then
    echo "pool $version ${name%.conf}"
    continue
  fi
  sum=$(md5sum <"$file")
  case $stock in
    *" $file ${sum%% *}"*) ;;
    *) echo "foreign $version $file" ;;
  esac
done
for file in /etc/php/*/fpm/conf.d/99-brokeforge.ini; do
  [ -f "$file" ] || continue
  version=${file#/etc/php/}
  echo "ours ${version%%/*}"
done
if [ -L /etc/alternatives/php ]; then echo "cli $(readlink /etc/alternatives/php)"; fi
