{ read -r path; read -r owner; read -r mode; } <"$BF_IN/place"
mkdir -p "${path%/*}"
new=$path.brokeforge-new
rm -f "$new"
(umask 077 && cat "$BF_IN/content" >"$new")
chown "$owner" "$new"
chmod "$mode" "$new"
sync "$new"
mv -fT "$new" "$path"
sync "${path%/*}"
