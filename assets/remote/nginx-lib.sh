undo=/var/lib/brokeforge/undo-nginx
runs() { systemctl is-active --quiet nginx; }
passes() { nginx -t -q; }
takes() {
  if runs; then systemctl reload nginx; else systemctl start nginx; fi && return
  journalctl -q -u nginx -n 10 --no-pager -o cat >&2 || :
  return 1
}
