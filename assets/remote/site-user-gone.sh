{ read -r group; read -r user; } <"$BF_IN/user"
! getent passwd "$user" >/dev/null && ! getent group "$group" >/dev/null || exit 1
