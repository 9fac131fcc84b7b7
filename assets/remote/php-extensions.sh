# What was on the list before and is no more goes off; what is on it goes on. Others stay as they are.
read -r version <"$BF_IN/version"
list=/var/lib/brokeforge/php-$version.extensions
modules() {
  for ini in "/usr/share/php$version-$1/$1"/*.ini; do
    [ -f "$ini" ] || continue
    module=${ini##*/}
    printf '%s ' "${module%.ini}"
  done
}
# Is it on wherever this version runs? Asking phpenmod for what is so already takes its time.
is_on() {
  for folder in "/etc/php/$version"/*/conf.d; do
    for link in "$folder"/[0-9]*-"$1".ini; do [ -e "$link" ] || return 1; done
  done
}
changed=
if [ -f "$list" ]; then
  while read -r name; do
    if grep -qxF -- "$name" "$BF_IN/extensions"; then continue; fi
    for module in $(modules "$name"); do
      phpdismod -v "$version" "$module"
      changed=1
    done
  done <"$list"
fi
while read -r name; do
  for module in $(modules "$name"); do
    is_on "$module" || { phpenmod -v "$version" "$module"; changed=1; }
  done
done <"$BF_IN/extensions"
if [ -n "$changed" ] && systemctl is-active --quiet "php$version-fpm"; then
  systemctl reload "php$version-fpm"
fi
cat "$BF_IN/extensions" >"$list.new"
mv -f "$list.new" "$list"
