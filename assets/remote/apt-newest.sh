newer=$(newer) || exit 2
[ -z "$newer" ] || {
  echo "There are newer versions of: $(echo $newer)."
  exit 1
}
echo 'There is nothing newer.'
