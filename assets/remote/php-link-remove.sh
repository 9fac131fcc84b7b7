rm -f /run/php/php-fpm.sock
if [ -L /etc/alternatives/php-fpm.sock ]; then update-alternatives --remove-all php-fpm.sock; fi
