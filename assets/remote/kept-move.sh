# Moved aside, for root alone to read; under its own path, so that it is known where it was.
read -r aside <"$BF_IN/aside"
mkdir -p "${aside%/*}" "$aside"
chmod 0700 "${aside%/*}" "$aside"
while read -r path; do
  [ -e "$path" ] || [ -L "$path" ] || continue
  [ "$(realpath -e "${path%/*}")" = "${path%/*}" ] || {
    echo "${path%/*} is reached by a link; it is left alone." >&2
    exit 1
  }
  mkdir -p "$aside${path%/*}"
  mv -T -- "$path" "$aside$path"
  echo "$path is now $aside$path"
done <"$BF_IN/paths"
