while read -r path; do
  [ ! -e "$path" ] && [ ! -L "$path" ] || exit 1
done <"$BF_IN/folders"
