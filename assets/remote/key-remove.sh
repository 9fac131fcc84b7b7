read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 2; }
file=$home/.ssh/authorized_keys
blob=$(cut -d ' ' -f 2 "$BF_IN/key")
[ -n "$blob" ] || { echo "The key to remove is not known." >&2; exit 2; }
runuser -u "$user" -- /bin/sh -eu -s -- "$file" "$blob" <<'END'
# Our line alone goes, found by its key; every other byte stays.
file=$(readlink -f "$1")
blob=$2
new=$file.brokeforge
rm -f "$new"
(umask 077 && : >"$new")
chmod --reference="$file" "$new"
grep -vF -e "$blob" "$file" >"$new" || [ $? -eq 1 ]
sync "$new"
mv -fT "$new" "$file"
sync "$(dirname "$file")"
END
