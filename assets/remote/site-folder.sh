# By the app user itself, as it is its home: root follows no link that lies there.
{ read -r folder; read -r group; } <"$BF_IN/folder"
runuser -u brokeforge -- /bin/sh -eu -c '
  umask 022
  mkdir -p "${1%/*}"
  [ -d "$1" ] || mkdir -m 2750 "$1"
  chgrp "$2" "$1"
  chmod 2750 "$1"
  umask 027
  mkdir -p "$1/public"
' sh "$folder" "$group"
