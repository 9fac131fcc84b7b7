read -r aside <"$BF_IN/aside"
mkdir -p "${aside%/*}" "$aside"
chmod 0700 "${aside%/*}" "$aside"
while read -r path; do
  [ -e "$path" ] || continue
  mkdir -p "$aside${path%/*}"
  cp -a -- "$path" "$aside$path"
  echo "A copy of $path is $aside$path"
done <"$BF_IN/paths"
