read -r user <"$BF_IN/user"
entry=$(getent passwd "$user") || exit 1
home=$(printf %s "$entry" | cut -d : -f 6)
[ "$(printf %s "$entry" | cut -d : -f 7)" = /bin/bash ] || exit 1
[ -d "$home" ] && [ "$(stat -c '%U %a' "$home")" = "$user 755" ] || exit 1
case $(getent shadow "$user" | cut -d : -f 2) in '*' | '!'*) ;; *) exit 1 ;; esac
