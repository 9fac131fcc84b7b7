systemctl is-active --quiet "$unit.timer" || fail "The timer that puts the old state back does not run."
