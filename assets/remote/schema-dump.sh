{ read -r kind; read -r name; } <"$BF_IN/name"
install -d -m 0700 "$BACKUPS"
needed=$(size)
room "$needed"
dump_to "$BACKUPS/$kind-$name-$(date -u +%Y%m%dT%H%M%SZ).sql" "$name"
