read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 1; }
file=$home/.ssh/authorized_keys
# byte by byte: a foreign line may be in any encoding
[ -f "$file" ] && LC_ALL=C grep -aqxF -f "$BF_IN/key" "$file" || exit 1
