[ ! -e "$D" ] || exit 1
