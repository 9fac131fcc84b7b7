read -r aside <"$BF_IN/aside"
while read -r path; do
  [ ! -e "$path" ] || [ -e "$aside$path" ] || exit 1
done <"$BF_IN/paths"
