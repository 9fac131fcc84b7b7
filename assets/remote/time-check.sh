systemctl --quiet is-enabled systemd-timesyncd && systemctl --quiet is-active systemd-timesyncd ||
  exit 1
