[ -e "$D/restored" ] || fail "The old state is not confirmed to be back."
