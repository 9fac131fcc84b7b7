# Whether the changes of config-lib are made. Before this stands what sets `undo` and the function
# runs.
[ ! -e "$undo" ] || exit 1
needed=
while read -r what one two; do
  case $what in
    put)
      needed=1
      [ -f "$two" ] && [ ! -L "$two" ] && cmp -s "$BF_IN/$one" "$two" || exit 1
      [ "$(stat -c '%U:%G %a' "$two")" = 'root:root 644' ] || exit 1
      ;;
    link)
      needed=1
      [ -L "$one" ] && [ "$(readlink "$one")" = "$two" ] || exit 1
      ;;
    *) [ ! -e "$one" ] && [ ! -L "$one" ] || exit 1 ;;
  esac
done <"$BF_IN/changes"
# what only goes asks for no service
[ -z "$needed" ] || runs || exit 1
