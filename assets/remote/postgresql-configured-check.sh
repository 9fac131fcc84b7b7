there || exit 1
cluster || exit 1
configured
admitted
