read -r version <"$BF_IN/version"
[ "$(readlink /etc/alternatives/php)" = "/usr/bin/php$version" ] || exit 1
