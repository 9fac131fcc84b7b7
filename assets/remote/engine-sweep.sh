while read -r what name; do
  case $what in
    user)
      ! getent passwd "$name" >/dev/null || {
        [ -z "$(ps -o pid= -u "$name")" ] || {
          echo "Processes of the user $name still run." >&2
          exit 1
        }
        userdel "$name"
      }
      ;;
    folder) [ ! -d "$name" ] || rmdir "$name" ;;
    logs) rm -rf "$name" ;;
    file) rm -f "$name" ;;
  esac
done <"$BF_IN/rest"
