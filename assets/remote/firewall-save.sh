all=/var/lib/brokeforge/firewall
mkdir -p -m 0700 /var/lib/brokeforge
mkdir -p -m 0700 $all
for old in "$all"/*/; do
    [ -d "$old" ] || continue
    other=brokeforge-restore-$(basename "$old")
    # two ways back at a time would undo each other
    ! systemctl is-active --quiet "$other.timer" "$other.service" ||
        fail "The operation $(basename "$old") is not confirmed yet; within 60 s the host puts the state before it back. Try again then."
    # what an operation left that is decided
    [ -e "/etc/systemd/system/$other.service" ] || rm -rf "$old"
done
rm -rf "$D"
mkdir -m 0700 "$D"
for file in $rules4 $rules6 $conf $default; do
    cp -p "$file" "$D/$(basename "$file")"
    cmp -s "$file" "$D/$(basename "$file")" || fail "$file could not be copied to $D."
done
if in_force; then
    echo on >"$D/was"
    families | while read -r exe prefix; do
        snapshot "$exe" "$prefix" >"$D/$exe.before"
        sync "$D/$exe.before"
    done
elif [ "$(value $conf ENABLED)" = YES ]; then
    # somebody flushed it: the way back is what the files say, not an empty chain that drops all
    echo damaged >"$D/was"
else
    echo off >"$D/was"
    for exe in iptables ip6tables; do
        ! "$exe" -S INPUT >/dev/null 2>&1 || "$exe" -S >"$D/$exe.before"
    done
fi
cat /proc/sys/kernel/random/boot_id >"$D/boot"
cat "$BF_IN/restore.sh" >"$D/restore.sh"
sync "$D"/*
sync "$D" $all
