# $BF_IN/paths: what is to be moved aside; aside: the folder it goes to.
while read -r path; do
  [ ! -e "$path" ] && [ ! -L "$path" ] || exit 1
done <"$BF_IN/paths"
