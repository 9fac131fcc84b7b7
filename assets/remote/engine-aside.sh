read -r kind <"$BF_IN/kind"
folder "$kind"
[ ! -e "$aside/data" ] || {
  echo "$aside/data is there already; it is left alone, and so is what is to be moved." >&2
  exit 1
}
locate
systemctl --quiet disable --now "$SERVICE"
move
sync "$aside"
echo "The data lies in $aside/data from now on."
