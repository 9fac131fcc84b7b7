{ read -r group; read -r user; read -r domain; } <"$BF_IN/user"
if entry=$(getent passwd "$user"); then
  case $entry in
    *:"brokeforge site $domain":*) ;;
    *)
      echo "The user $user is not this site's." >&2
      exit 1
      ;;
  esac
  # a process that is just ending is waited for
  for try in 1 2 3 4 5 6 7 8 9 10; do
    userdel "$user" && break
    [ "$try" -lt 10 ] || exit 1
    sleep 1
  done
fi
if getent group "$group" >/dev/null; then groupdel "$group"; fi
