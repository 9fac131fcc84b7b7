# Our list of extensions is the one that was switched last, and each of its modules is on.
read -r version <"$BF_IN/version"
list=/var/lib/brokeforge/php-$version.extensions
cmp -s "$BF_IN/extensions" "$list" || exit 1
while read -r name; do
  for ini in "/usr/share/php$version-$name/$name"/*.ini; do
    [ -f "$ini" ] || continue
    module=${ini##*/}
    module=${module%.ini}
    [ -n "$(find "/etc/php/$version/fpm/conf.d" -name "[0-9]*-$module.ini" -print -quit)" ] || exit 1
  done
done <"$BF_IN/extensions"
