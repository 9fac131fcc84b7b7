# By the app user itself, whose folder it is; its content comes on standard input.
{ read -r folder; read -r file; } <"$BF_IN/place"
runuser -u brokeforge -- /bin/sh -eu -c '
  umask 027
  cat >"$1.brokeforge-new"
  chmod 0640 "$1.brokeforge-new"
  sync "$1.brokeforge-new"
  mv -fT "$1.brokeforge-new" "$1"
' sh "$folder/$file" <"$BF_IN/content"
