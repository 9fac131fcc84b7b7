while read -r path; do
  [ ! -d "$path" ] || rmdir --ignore-fail-on-non-empty "$path"
done <"$BF_IN/folders"
