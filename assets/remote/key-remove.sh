# Our line alone goes, found by its key; every other byte stays.
file=$(readlink -f /root/.ssh/authorized_keys)
blob=$(cut -d ' ' -f 2 "$BF_IN/key")
[ -n "$blob" ] || { echo "The key to remove is not known." >&2; exit 2; }
new=$file.brokeforge
rm -f "$new"
(umask 077 && : >"$new")
chown --reference="$file" "$new"
chmod --reference="$file" "$new"
grep -vF -e "$blob" "$file" >"$new" || [ $? -eq 1 ]
sync "$new"
mv -fT "$new" "$file"
sync "$(dirname "$file")"
