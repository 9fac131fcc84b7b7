read -r folder <"$BF_IN/folder"
[ "$(realpath -e "${folder%/*}")" = "${folder%/*}" ] || {
  echo "${folder%/*} is reached by a link; it is left alone." >&2
  exit 1
}
rm -rf --one-file-system -- "$folder"
