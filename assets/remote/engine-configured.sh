there || exit 1
configured
