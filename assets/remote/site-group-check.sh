# $BF_IN/user: the group, the user of PHP or -, the site; members: who is in the group besides.
{ read -r group; read -r user; read -r domain; } <"$BF_IN/user"
getent group "$group" >/dev/null || exit 1
while read -r member; do
  case " $(id -nG "$member") " in *" $group "*) ;; *) exit 1 ;; esac
done <"$BF_IN/members"
if [ "$user" = - ]; then exit 0; fi
entry=$(getent passwd "$user") || exit 1
case $entry in *:"brokeforge site $domain":*:/usr/sbin/nologin) ;; *) exit 1 ;; esac
[ "$(id -gn "$user")" = "$group" ] || exit 1
