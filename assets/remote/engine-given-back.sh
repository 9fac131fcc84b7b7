# Our configuration is not there.
there || exit 0
locate || exit 0
[ ! -e "$CONFIG" ] || exit 1
