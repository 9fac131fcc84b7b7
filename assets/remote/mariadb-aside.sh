move() { mv -T /var/lib/mysql "$aside/data"; }
present() { [ -d /var/lib/mysql ] && [ -n "$(ls -A /var/lib/mysql)" ]; }
