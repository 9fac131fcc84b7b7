systemd-detect-virt --container || :
for unit in systemd-timesyncd chrony chronyd ntp ntpsec openntpd; do
  if systemctl --quiet is-active "$unit"; then echo "active $unit"; fi
done
