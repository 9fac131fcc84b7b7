read -r user <"$BF_IN/user"
! getent passwd "$user" >/dev/null || exit 1
