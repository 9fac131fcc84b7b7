# Puts the firewall back as it was saved beside this file: by the timer, by brokeforge, or at boot
# before ufw starts. Running it again changes nothing.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 077
D=$(dirname "$0")
unit=brokeforge-restore-$(basename "$D")
units=/etc/systemd/system
same_boot=$([ "$(cat "$D/boot")" = "$(cat /proc/sys/kernel/random/boot_id)" ] && echo yes || echo no)

retire() {
    # while the host boots the manager is left alone
    [ $same_boot = no ] || ! systemctl is-active --quiet "$unit.timer" || systemctl stop "$unit.timer"
    rm -f "$units/multi-user.target.wants/$unit.service" "$units/$unit.timer" "$units/$unit.service"
    sync "$units"
    [ $same_boot = no ] || systemctl daemon-reload
}

# Whoever makes the link first decides: this, or the confirmation.
if ! ln -sT restore "$D/decision" 2>/dev/null && [ "$(readlink "$D/decision")" = confirmed ]; then
    retire
    exit 0
fi
sync "$D"
if [ ! -e "$D/applied" ]; then
    # nothing was changed; what somebody else changed since stays
    : >"$D/restored"
    retire
    exit 0
fi
for file in $rules4 $rules6 $conf $default; do
    cmp -s "$D/$(basename "$file")" "$file" || put "$D/$(basename "$file")" "$file"
done
was=$(cat "$D/was")
if [ $same_boot = no ] && out_of_force; then
    : # ufw starts after this, from these files
elif [ "$was" = off ]; then
    for exe in iptables ip6tables; do
        [ ! -e "$D/$exe.before" ] || "$exe" -S | cmp -s - "$D/$exe.before" ||
            unload "$exe" "$D/$exe.before"
    done
    out_of_force || fail "ufw is still in force."
elif [ "$was" = on ] && [ $same_boot = yes ] && in_force; then
    families | while read -r exe prefix; do
        "$exe-restore" -w 30 -n <"$D/$exe.before"
        snapshot "$exe" "$prefix" | cmp -s - "$D/$exe.before" ||
            fail "The rules that were before are not in force again."
    done
else
    start
    in_force || fail "ufw is not in force again."
fi
date -u +%FT%TZ >"$D/restored"
sync "$D/restored"
sync "$D"
retire
