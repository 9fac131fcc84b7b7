{ read -r path; } <"$BF_IN/place"
[ -e "$path" ] || exit 1
