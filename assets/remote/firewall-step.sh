# For the steps of an operation (not for the way back, which runs without them): its folder, and
# what is wanted. $BF_IN/state is `on`, `off`, or `files` to edit what is off; rules files lie in $BF_IN where they are wanted.
op=$(cat "$BF_IN/operation")
D=/var/lib/brokeforge/firewall/$op
unit=brokeforge-restore-$op

file_as_wanted() {
    [ ! -f "$BF_IN/$1" ] || cmp -s "$BF_IN/$1" "/etc/ufw/$1"
}

# In the files and in the kernel?
as_wanted() {
    [ -f $conf ] && [ -f $default ] && [ -f $rules4 ] && [ -f $rules6 ] || return 1
    file_as_wanted user.rules && file_as_wanted user6.rules || return 1
    case $(cat "$BF_IN/state") in
    on)
        [ "$(value $conf ENABLED)" = YES ] && systemctl is-enabled --quiet ufw.service || return 1
        [ "$(cat "$BF_IN/policy")" = keep ] ||
            case $(value $default DEFAULT_INPUT_POLICY) in DROP | REJECT) ;; *) return 1 ;; esac
        case $(value $default DEFAULT_INPUT_POLICY) in ACCEPT) policy=ACCEPT ;; *) policy=DROP ;; esac
        families | while read -r exe prefix; do
            kernel_has "$exe" "$prefix" "$(rules_of "$prefix")" || exit 1
            "$exe" -S INPUT | grep -qxF -e "-P INPUT $policy" || exit 1
        done || return 1
        ;;
    off | files)
        [ "$(value $conf ENABLED)" != YES ] && out_of_force || return 1
        ;;
    esac
}
