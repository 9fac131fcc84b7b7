systemctl unmask systemd-timesyncd
timedatectl set-ntp true
systemctl enable --now systemd-timesyncd
