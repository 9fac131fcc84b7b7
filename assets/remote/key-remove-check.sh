read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || exit 0
file=$home/.ssh/authorized_keys
[ -f "$file" ] || exit 0
while read -r _ blob _ || [ -n "$blob" ]; do
  LC_ALL=C grep -aqF -e "$blob" "$file" && exit 1 || [ $? -eq 1 ]
done <"$BF_IN/key"
