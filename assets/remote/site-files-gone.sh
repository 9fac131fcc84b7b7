read -r folder <"$BF_IN/folder"
[ ! -e "$folder" ] && [ ! -L "$folder" ] || exit 1
