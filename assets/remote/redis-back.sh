take_back() { sed -i "\\|^$LINE\$|d" /etc/redis/redis.conf; }
