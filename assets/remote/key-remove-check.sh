file=/root/.ssh/authorized_keys
blob=$(cut -d ' ' -f 2 "$BF_IN/key")
[ ! -f "$file" ] || ! grep -qF -e "$blob" "$file" || exit 1
