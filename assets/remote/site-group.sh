{ read -r group; read -r user; read -r domain; } <"$BF_IN/user"
getent group "$group" >/dev/null || groupadd --system "$group"
while read -r member; do
  case " $(id -nG "$member") " in
    *" $group "*) ;;
    *)
      usermod --append --groups "$group" "$member"
      # its processes learn of a new group when they are started anew
      if [ "$member" = www-data ] && systemctl is-active --quiet nginx; then
        systemctl reload nginx
      fi
      ;;
  esac
done <"$BF_IN/members"
if [ "$user" = - ]; then exit 0; fi
if entry=$(getent passwd "$user"); then
  case $entry in
    *:"brokeforge site $domain":*) ;;
    *)
      echo "There is a user $user already, which is not this site's." >&2
      exit 1
      ;;
  esac
  usermod --gid "$group" --shell /usr/sbin/nologin "$user"
else
  useradd --system --gid "$group" --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin --comment "brokeforge site $domain" "$user"
fi
