# Nothing of it is left: files, folders, its user.
while read -r what name; do
  case $what in
    user) ! getent passwd "$name" >/dev/null || exit 1 ;;
    *) [ ! -e "$name" ] && [ ! -L "$name" ] || exit 1 ;;
  esac
done <"$BF_IN/rest"
