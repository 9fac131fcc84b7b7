{ read -r folder; read -r group; } <"$BF_IN/folder"
for path in "$folder" "$folder/public"; do
  [ -d "$path" ] && [ ! -L "$path" ] || exit 1
done
[ "$(stat -c '%U:%G 0%a' "$folder")" = "brokeforge:$group 02750" ] || exit 1
