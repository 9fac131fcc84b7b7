move() { mv -T /var/lib/redis "$aside/data"; }
present() { [ -d /var/lib/redis ] && [ -n "$(ls -A /var/lib/redis)" ]; }
