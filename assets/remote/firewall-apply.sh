late() {
    [ ! -L "$D/decision" ] || { echo "The host has put the old state back by itself: it took too long." >&2; exit 75; }
}
# FILE SHA256: is it still what the plan was made from?
unchanged() {
    case $2 in
    any) ;;
    new) cmp -s "$1" "/usr/share/ufw/iptables/$(basename "$1")" ;;
    *) [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ] ;;
    esac || fail "Somebody changed the firewall in between ($1 is not what this was planned from). Nothing was changed; try again."
}
late
read -r base4 base6 <"$BF_IN/base"
unchanged $rules4 "$base4"
unchanged $rules6 "$base6"
state=$(cat "$BF_IN/state")
[ "$state" != files ] || { [ "$(value $conf ENABLED)" != YES ] && out_of_force; } ||
    fail "Somebody turned the firewall on in between. Nothing was changed; try again."
# does this kernel take them? asked before anything is changed
for family in 'iptables ufw user.rules' 'ip6tables ufw6 user6.rules'; do
    # shellcheck disable=SC2086 # three words
    set -- $family
    [ ! -f "$BF_IN/$3" ] || ! "$1" -S INPUT >/dev/null 2>&1 ||
        rendered "$1" "$2" "$BF_IN/$3" >/dev/null || fail "The kernel does not take these rules."
done
# somebody may have changed it right after it was found to be as wanted, and nothing was saved
[ "$state" = files ] || [ -s "$D/restore.sh" ] ||
    fail "Somebody changed the firewall in between. Nothing was changed; try again."
mkdir -p -m 0700 "$D"
: >"$D/applied"
sync "$D/applied" "$D"
[ ! -f "$BF_IN/user.rules" ] || put "$BF_IN/user.rules" $rules4
[ ! -f "$BF_IN/user6.rules" ] || put "$BF_IN/user6.rules" $rules6
case $state in
on)
    [ "$(cat "$BF_IN/policy")" = keep ] ||
        case $(value $default DEFAULT_INPUT_POLICY) in
        DROP | REJECT) ;;
        *) set_value $default DEFAULT_INPUT_POLICY "\"$(cat "$BF_IN/policy")\"" ;;
        esac
    if in_force; then
        families | while read -r exe prefix; do
            load "$exe" "$prefix" "$(rules_of "$prefix")"
        done
        set_value $conf ENABLED yes
    else
        set_value $conf ENABLED yes
        start
    fi
    systemctl is-enabled --quiet ufw.service || systemctl enable --quiet ufw.service
    ;;
off)
    set_value $conf ENABLED no
    stop
    ;;
files) ;; # it is off: an edit of them needs no more
esac
late
# an edit of what is not in force needs no way back
[ -e "$D/was" ] || rm -rf "$D"
