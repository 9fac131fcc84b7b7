# What a person would write: the packages that the profile `app` brings, by one apt-get, and the
# same services running; no vhost, no checks, nothing kept. Run by `ssh HOST sh -s`.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install \
  sudo acl ca-certificates curl gnupg rsync unzip ufw nginx logrotate mariadb-server \
  php8.2-fpm php8.2-cli php8.2-common php8.2-bcmath php8.2-curl php8.2-gd php8.2-intl \
  php8.2-mbstring php8.2-mysql php8.2-opcache php8.2-pgsql php8.2-readline php8.2-redis \
  php8.2-xml php8.2-zip
useradd --create-home --shell /bin/bash brokeforge
for port in 22 80 443; do ufw allow "$port/tcp"; done
ufw --force enable
printf 'expose_php = Off\n' >/etc/php/8.2/fpm/conf.d/99-own.ini
systemctl enable nginx php8.2-fpm mariadb
systemctl restart nginx php8.2-fpm mariadb
