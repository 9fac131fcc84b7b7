# Shared by the scripts of the firewall. $D is the folder with what was before.
#
# Why not ufw's own commands: `ufw reload` is disable and enable, a denied port is open for most of
# a second; `ufw allow` writes its rules file by copying over it, and for anything but an append
# flushes the chain. So the file is written beside and renamed, and the kernel gets one
# transaction a family, which empties and fills ufw's user chain in the same instant.
rules4=/etc/ufw/user.rules
rules6=/etc/ufw/user6.rules
conf=/etc/ufw/ufw.conf
default=/etc/default/ufw

fail() {
    echo "$*" >&2
    exit 2
}

# FILE KEY: the value that ufw reads there, in capitals
value() {
    sed -n "s/^$2=[\"']\{0,1\}\([A-Za-z]*\).*/\1/p" "$1" | tail -n 1 | tr '[:lower:]' '[:upper:]'
}

# the families that ufw looks after: command and prefix of its chains
families() {
    echo iptables ufw
    if [ "$(value $default IPV6)" = YES ] && ip6tables -S INPUT >/dev/null 2>&1; then
        echo ip6tables ufw6
    fi
}

# PREFIX: its rules file
rules_of() { if [ "$1" = ufw ]; then echo $rules4; else echo $rules6; fi; }

# EXE PREFIX: are ufw's chains there and hooked in?
whole() {
    "$1" -S "$2-user-input" >/dev/null 2>&1 &&
        "$1" -S INPUT | grep -qxF -e "-A INPUT -j $2-before-input" &&
        "$1" -S INPUT | grep -qxF -e "-A INPUT -j $2-after-input" &&
        "$1" -S "$2-before-input" | grep -qxF -e "-A $2-before-input -j $2-user-input"
}

# Is ufw in force, in every family?
in_force() {
    families | while read -r exe prefix; do
        whole "$exe" "$prefix" || exit 1
    done
}

# Does nothing of ufw's user rules reach a packet?
out_of_force() {
    ! iptables -S ufw-user-input >/dev/null 2>&1 && ! ip6tables -S ufw6-user-input >/dev/null 2>&1
}

# EXE PREFIX FILE: the user chain that the file makes, as the kernel tells it. A net namespace of
# its own is a kernel to try it in: nothing of this is seen outside, and it is gone at the end.
rendered() {
    # shellcheck disable=SC2016
    unshare --net /bin/sh -euc '"$1-restore" <"$3" >&2; "$1" -S "$2-user-input"' rendered "$1" "$2" "$3"
}

# EXE PREFIX FILE: is the chain in the kernel the one that the file makes?
kernel_has() {
    whole "$1" "$2" || return 1
    wanted=$(rendered "$1" "$2" "$3") || fail "The kernel does not take the rules of $3."
    [ "$wanted" = "$("$1" -S "$2-user-input")" ]
}

# EXE PREFIX POLICY: the lines that make it the default for what comes in, live
policy_lines() {
    if [ "$3" = ACCEPT ]; then
        printf ':INPUT ACCEPT [0:0]\n'
    else
        printf ':INPUT DROP [0:0]\n'
    fi
    printf ':%s-%s-input - [0:0]\n' "$2" skip-to-policy "$2" track "$2" reject
    printf -- '-A %s-skip-to-policy-input -j %s\n' "$2" "$3"
    case $3 in
    REJECT) printf -- '-A %s-reject-input -j REJECT\n' "$2" ;;
    ACCEPT)
        printf -- '-A %s-track-input -p tcp -m conntrack --ctstate NEW -j ACCEPT\n' "$2"
        printf -- '-A %s-track-input -p udp -m conntrack --ctstate NEW -j ACCEPT\n' "$2"
        ;;
    esac
}

# EXE PREFIX: what we may change in the kernel, as the transaction that brings it back
snapshot() {
    printf '*filter\n'
    "$1" -S INPUT | sed -n 's/^-P INPUT \([A-Z]*\)$/:INPUT \1 [0:0]/p'
    for chain in user skip-to-policy track reject; do
        printf ':%s-%s-input - [0:0]\n' "$2" "$chain"
    done
    for chain in user skip-to-policy track reject; do
        "$1" -S "$2-$chain-input" | grep -e '^-A ' || [ $? -eq 1 ]
    done
    printf 'COMMIT\n'
}

# EXE PREFIX FILE: the user chain of the file and the wanted default, in one instant
load() {
    {
        printf '*filter\n:%s-user-input - [0:0]\n' "$2"
        grep -e "^-A $2-user-input " "$3" || [ $? -eq 1 ]
        policy_lines "$1" "$2" "$(value $default DEFAULT_INPUT_POLICY)"
        printf 'COMMIT\n'
    } >"$D/load"
    "$1-restore" -w 30 -n <"$D/load"
}

# SOURCE TARGET: puts a file in the place of another; whatever happens in between, there is the
# whole old one or the whole new one.
put() {
    target=$(readlink -f "$2")
    new=$target.brokeforge
    rm -f "$new"
    if ! { (umask 077 && cat "$1" >"$new") && chown --reference="$target" "$new" &&
        chmod --reference="$target" "$new" && cmp -s "$1" "$new" && sync "$new"; }; then
        rm -f "$new"
        fail "$target could not be written."
    fi
    mv -fT "$new" "$target"
    sync "$(dirname "$target")"
}

# FILE KEY VALUE
set_value() {
    if grep -q "^$2=" "$1"; then
        sed "s/^$2=.*/$2=$3/" "$1" >"$D/value"
    else
        { cat "$1" && printf '%s=%s\n' "$2" "$3"; } >"$D/value"
    fi
    cmp -s "$D/value" "$1" || put "$D/value" "$1"
}

# ufw's own chains; ufw-docker and others have some whose names begin alike
chains='ufw6?-(((before|after|user)(-logging)?|reject|track|skip-to-policy)-(input|output|forward)|logging-(deny|allow)|not-local|user-limit(-accept)?)'
hooks="^-A (INPUT|OUTPUT|FORWARD) -j $chains\$"

# EXE BEFORE: takes out of the kernel what ufw put there since BEFORE was told by -S, all of it where
# that is empty, in one transaction; the policies go back as well. What others put there stays, and
# a chain of ufw to which they jump is only emptied.
unload() {
    "$1" -S >"$D/now"
    sed -nE "s/^-N ($chains)\$/\1/p" "$D/now" >"$D/names"
    grep -vE -e "$hooks" -e "^-A $chains " "$D/now" >"$D/others"
    # what ufw opens in IPv6 where it is set to leave that alone
    added="$hooks|^-A (INPUT -i|OUTPUT -o) lo -j ACCEPT\$"
    [ -s "$2" ] || added=$hooks
    {
        printf '*filter\n'
        sed -n 's/^-P \([A-Z]*\) \([A-Z]*\)$/:\1 \2 [0:0]/p' "$2"
        sed 's/.*/:& - [0:0]/' "$D/names"
        grep -E -e "$added" "$D/now" | grep -vxF -f "$2" | sed 's/^-A /-D /'
        while read -r name; do
            grep -qxF -e "-N $name" "$2" || grep -qE -e " -[jg] $name( |\$)" "$D/others" || echo "-X $name"
        done <"$D/names"
        printf 'COMMIT\n'
    } >"$D/unload"
    "$1-restore" -w 30 -n <"$D/unload"
}

# EXE: would ufw-init fill the chains that stand there, as after `ufw disable`? It does nothing where
# a user chain stands, and puts back no hook that somebody flushed.
startable() {
    "$1" -S >"$D/now"
    hooked=$(grep -cE -e "$hooks" "$D/now" || [ $? -eq 1 ])
    ! grep -qE -e '^-N ufw6?-user-input$' "$D/now" && [ "$hooked" = 18 ]
}

# Brings ufw into force from its files. With a policy of DROP nothing opens meanwhile.
start() {
    : >"$D/nothing"
    for exe in iptables ip6tables; do
        ! "$exe" -S INPUT >/dev/null 2>&1 || startable "$exe" || unload "$exe" "$D/nothing"
    done
    said=$(/lib/ufw/ufw-init start 2>&1) || fail "ufw could not be started: $said"
}

# Takes ufw out of force. The policy goes first: with the chains gone it alone would decide.
stop() {
    for exe in iptables ip6tables; do
        ! "$exe" -S INPUT >/dev/null 2>&1 || "$exe" -w 30 -P INPUT ACCEPT
    done
    said=$(/lib/ufw/ufw-init force-stop 2>&1) || fail "ufw could not be stopped: $said"
}
