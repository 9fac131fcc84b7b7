file=/root/.ssh/authorized_keys
[ -f "$file" ] && grep -qxF -f "$BF_IN/key" "$file" || exit 1
