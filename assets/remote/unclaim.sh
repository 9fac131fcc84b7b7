read -r path <"$BF_IN/place"
rm -f "$path"
[ ! -d "${path%/*}" ] || rmdir --ignore-fail-on-non-empty "${path%/*}"
