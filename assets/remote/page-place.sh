{ read -r folder; read -r file; } <"$BF_IN/place"
umask 027
new=$folder/$file.brokeforge-new
cat "$BF_IN/content" >"$new"
chmod 0640 "$new"
sync "$new"
mv -fT "$new" "$folder/$file"
