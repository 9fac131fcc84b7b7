read -r path <"$BF_IN/place"
[ ! -e "$path" ] && [ ! -L "$path" ] || exit 1
