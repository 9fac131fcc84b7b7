undo=/var/lib/brokeforge/undo-fail2ban
# Whether the jail at work is what was asked for; what differs is told.
as_wanted() {
  while read -r what value; do
    case $what in
      ignore)
        fail2ban-client get sshd ignoreip 2>/dev/null | grep -qxF -e "|- $value" -e "\`- $value" || {
          echo "The jail would shut out $value." >&2
          return 1
        }
        ;;
      action)
        fail2ban-client get sshd actions 2>/dev/null | tail -n +2 | tr -d ' ' | tr , '\n' |
          grep -qxF -e "$value" || {
          echo "The jail does not shut out by $value." >&2
          return 1
        }
        ;;
      *)
        now=$(fail2ban-client get sshd "$what" 2>&1) || :
        [ "$now" = "$value" ] || {
          echo "The jail's $what is not $value: $now" >&2
          return 1
        }
        ;;
    esac
  done <"$BF_IN/wanted"
}
runs() {
  systemctl is-active --quiet fail2ban && systemctl is-enabled --quiet fail2ban && as_wanted 2>/dev/null
}
passes() { [ ! -f "$BF_IN/wanted" ] || fail2ban-client -t >/dev/null; }
# Without our jail the distribution's own needs log files, which a host need not have.
gives_back() {
  ! fail2ban-client ping >/dev/null 2>&1 || fail2ban-client reload >/dev/null 2>&1 || {
    echo 'Without our jail fail2ban does not accept its configuration; the jail is stopped, the others stay.' >&2
    fail2ban-client stop sshd >/dev/null
  }
}
takes() {
  [ -f "$BF_IN/wanted" ] || {
    gives_back
    return
  }
  if fail2ban-client ping >/dev/null 2>&1; then
    fail2ban-client reload >/dev/null || return 1
  else
    # it may have given up when it was installed: there are no log files for its own jail
    systemctl reset-failed fail2ban 2>/dev/null || :
    systemctl restart fail2ban || return 1
  fi
  systemctl enable --quiet fail2ban || return 1
  # a jail is up a moment later
  for try in 1 2 3 4 5 6 7 8 9 10; do
    if as_wanted 2>/dev/null; then return 0; fi
    sleep 1
  done
  as_wanted && return
  journalctl -q -u fail2ban -n 10 --no-pager -o cat >&2 || :
  return 1
}
