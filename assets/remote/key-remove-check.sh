read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || exit 0
file=$home/.ssh/authorized_keys
blob=$(cut -d ' ' -f 2 "$BF_IN/key")
[ ! -f "$file" ] || ! grep -qF -e "$blob" "$file" || exit 1
