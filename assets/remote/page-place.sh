{ read -r folder; read -r file; } <"$BF_IN/place"
umask 027
cat "$BF_IN/content" >"$folder/$file.brokeforge-new"
chmod 0640 "$folder/$file.brokeforge-new"
sync "$folder/$file.brokeforge-new"
mv -fT "$folder/$file.brokeforge-new" "$folder/$file"
