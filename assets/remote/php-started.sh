read -r version <"$BF_IN/version"
systemctl is-enabled --quiet "php$version-fpm" && systemctl is-active --quiet "php$version-fpm" || exit 1
[ "$("php$version" -n -r 'echo PHP_MAJOR_VERSION . "." . PHP_MINOR_VERSION;')" = "$version" ] || exit 1
