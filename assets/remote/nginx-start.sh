systemctl enable --now nginx && exit 0
journalctl -q -u nginx -n 10 --no-pager -o cat >&2 || :
if [ -x /usr/sbin/policy-rc.d ]; then
  echo '/usr/sbin/policy-rc.d is there; it may keep services from being started.' >&2
fi
exit 1
