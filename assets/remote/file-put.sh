{ read -r path; read -r owner; read -r mode; } <"$BF_IN/place"
[ -d "${path%/*}" ] || mkdir -p "${path%/*}"
new=$path.brokeforge-new
# takes away what lies there, and lets nobody read it before it is the owner's
install -T -o "${owner%%:*}" -g "${owner#*:}" -m "$mode" "$BF_IN/content" "$new"
cmp -s "$BF_IN/content" "$new"
sync "$new"
mv -fT "$new" "$path"
sync "${path%/*}"
