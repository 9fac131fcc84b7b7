# Whatever is there already is the site's, and stays.
{ read -r folder; read -r file; } <"$BF_IN/place"
[ -n "$(find "$folder" -mindepth 1 ! -name '*.brokeforge-new' -print -quit)" ] || exit 1
