read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 1; }
file=$home/.ssh/authorized_keys
[ -f "$file" ] && grep -qxF -f "$BF_IN/key" "$file" || exit 1
