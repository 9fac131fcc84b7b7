# What ufw's files say and what the kernel does, one `name base64` a line: nothing that stands in
# a file can be taken for anything else. `name !` is a value too long to be told.
tell() {
    value=$(head -c 163840 | base64 -w 0)
    [ "${#value}" -le 218452 ] || value='!'
    printf '%s %s\n' "$1" "$value"
}
file() {
    [ ! -f "$2" ] || { tell "$1" <"$2"; sha256sum <"$2" | cut -d ' ' -f 1 | tell "$1.sha256"; }
}
have() { command -v "$1" >/dev/null 2>&1; }

if have dpkg-query; then
    { dpkg-query -W -f '${db:Status-Status} ${Version}\n' ufw 2>/dev/null || :; } | tell package
fi
file user.rules /etc/ufw/user.rules
file user6.rules /etc/ufw/user6.rules
file ufw.conf /etc/ufw/ufw.conf
file default /etc/default/ufw
# Where others have too many rules to be told (addresses banned one by one), theirs are left out but
# for those in INPUT, which then lead to chains that are not known.
kernel() {
    all=$("$1" -S 2>/dev/null) || :
    if [ "${#all}" -le 163840 ]; then
        printf '%s\n' "$all"
    else
        printf '%s\n' "$all" | grep -E -e '^-P ' -e '^-N ufw6?-' -e '^-A (INPUT|ufw6?-[a-z-]*) '
    fi
}
if have systemctl; then
    { systemctl is-enabled ufw.service 2>/dev/null || :; } | tell unit
fi
if have iptables; then
    kernel iptables | tell kernel4
    iptables -t nat -S 2>/dev/null | grep -e '-j DNAT' | tell nat4 || :
fi
if have ip6tables; then
    kernel ip6tables | tell kernel6
fi
if [ -d /etc/ufw ]; then
    df --output=avail -B 1 /etc/ufw | tail -n 1 | tell free
else
    df --output=avail -B 1 /etc | tail -n 1 | tell free
fi
