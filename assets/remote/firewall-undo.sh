[ -d "$D" ] || fail "There is nothing saved in $D: the new state was confirmed, or nothing was changed."
# through its unit, so that it never runs twice at the same time
if [ ! -e "$D/restored" ]; then
    systemctl start "brokeforge-restore-$op.service" || [ -e "$D/restored" ] || {
        journalctl -q --no-pager -n 10 -u "brokeforge-restore-$op.service" >&2
        fail "The old state could not be put back."
    }
fi
