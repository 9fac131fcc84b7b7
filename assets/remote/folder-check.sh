{ read -r path; read -r owner; read -r mode; } <"$BF_IN/place"
[ -d "$path" ] && [ ! -L "$path" ] || exit 1
[ "$(stat -c '%U:%G 0%a' "$path")" = "$owner $mode" ] || exit 1
