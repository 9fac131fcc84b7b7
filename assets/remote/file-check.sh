{ read -r path; read -r owner; read -r mode; } <"$BF_IN/place"
[ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$BF_IN/content" "$path" || exit 1
[ "$(stat -c '%U:%G 0%a' "$path")" = "$owner $mode" ] || exit 1
