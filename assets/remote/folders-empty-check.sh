while read -r path; do
  [ ! -d "$path" ] || [ -n "$(find "$path" -mindepth 1 -print -quit)" ] || exit 1
done <"$BF_IN/folders"
