# The packages leave it when the last of them goes.
[ ! -L /run/php/php-fpm.sock ] || [ -e /run/php/php-fpm.sock ] || exit 1
