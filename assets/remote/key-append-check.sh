read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 1; }
file=$home/.ssh/authorized_keys
[ -f "$file" ] || exit 1
# By the key alone, as a line may be bound by options; byte by byte, as a foreign one may be in any
# encoding.
read -r _ blob _ <"$BF_IN/key" || [ -n "$blob" ]
LC_ALL=C grep -av '^[[:blank:]]*#' "$file" | LC_ALL=C grep -aqF -e "$blob" || exit 1
