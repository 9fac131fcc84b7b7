read -r path <"$BF_IN/place"
rm -f "$path" "$path.brokeforge-new"
sync "${path%/*}"
