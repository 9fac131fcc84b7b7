# Writes the drop-in, has it checked, restarts; what was before comes back when that fails.
if [ -e /usr/sbin/policy-rc.d ]; then
  echo '/usr/sbin/policy-rc.d is there, which may keep packages from starting their services.'
fi
prepare
new=$CONFIG.brokeforge-new
old=$CONFIG.brokeforge-old
# a run before this one ended in the middle
[ ! -f "$old" ] || mv -fT "$old" "$CONFIG"
mkdir -p "${CONFIG%/*}"
rm -f "$new"
(umask 077 && write >"$new")
chown "$OWNER" "$new"
chmod "$MODE" "$new"
sync "$new"
[ ! -f "$CONFIG" ] || cp -p "$CONFIG" "$old"
mv -fT "$new" "$CONFIG"
back() {
  if [ -f "$old" ]; then mv -fT "$old" "$CONFIG"; else rm -f "$CONFIG"; fi
  restore
}
valid || {
  back
  echo "$TITLE does not take this configuration; the one before is back." >&2
  exit 1
}
systemctl --quiet enable "$SERVICE"
restart || {
  systemctl status --no-pager --full --lines=20 "$SERVICE" >&2 || :
  echo 'What listens:' >&2
  ss -H -l -t -n -p >&2 || :
  back
  restart || echo "$TITLE does not start with the configuration before either." >&2
  echo "$TITLE does not start with this configuration; the one before is back." >&2
  exit 1
}
rm -f "$old"
sync "${CONFIG%/*}"
