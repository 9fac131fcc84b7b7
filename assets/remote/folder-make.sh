{ read -r path; read -r owner; read -r mode; } <"$BF_IN/place"
if [ -L "$path" ]; then
  echo "$path is a link; it is left alone." >&2
  exit 1
fi
mkdir -p "$path"
chown "$owner" "$path"
chmod "$mode" "$path"
