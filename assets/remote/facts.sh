# What a host tells about itself. POSIX sh, coreutils, grep and /proc; writes nothing.
#
# One line a section: its name, its output, and what it said on stderr followed by its exit status
# on a line of its own; both in base 64, with tabs between. Cut at LIMIT + 1 bytes: more is too much.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
LIMIT=1048576

section() {
    name=$1
    shift
    printf '%s\t' "$name"
    said=$(
        {
            {
                "$@" </dev/null 2>&3 4>&- && status=0 || status=$?
                printf '\n%s' "$status" >&3
            } | head -c "$((LIMIT + 1))" | base64 -w 0 >&4
        } 3>&1
    ) || :
    printf '\t'
    case $said in
    # the usual end, encoded: three processes fewer
    '
0') printf 'CjA=' ;;
    *) printf '%s' "$said" | tail -c 4096 | base64 -w 0 ;;
    esac
    printf '\n'
}

probe() {
    section "probe $1" timeout -k 5 60 /bin/sh -eu -c "$2"
}

os_release() {
    cat /etc/os-release || cat /usr/lib/os-release
}

init() {
    # the folder is how systemd itself says that it runs
    if [ -d /run/systemd/system ]; then echo systemd; else cat /proc/1/comm; fi
}

# listening sockets: nothing at the far end, state LISTEN (tcp) or unconnected (udp)
sockets() {
    for table in tcp tcp6 udp udp6; do
        [ -r "/proc/net/$table" ] || continue
        echo "$table"
        grep -E '^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:0000 (0A|07) ' "/proc/net/$table" || :
    done
}

processes() {
    if command -v ss >/dev/null; then ss -H -l -t -u -n -p; fi
}

firewall() {
    if [ "$(id -u)" != 0 ]; then
        echo unknown, only root is told
    elif command -v ufw >/dev/null; then
        # ufw's own word is not the kernel's
        if iptables -w 5 -n -L ufw-user-input >/dev/null 2>&1; then
            echo ufw active
        elif grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf; then
            echo ufw enabled, but not in force
        else
            echo ufw inactive
        fi
    elif command -v firewall-cmd >/dev/null; then
        if systemctl --quiet is-active firewalld; then
            echo firewalld active
        else
            echo firewalld inactive
        fi
    elif command -v nft >/dev/null && [ -n "$(nft list tables)" ]; then
        echo nftables with rules
    elif command -v iptables >/dev/null && iptables -w 5 -S | grep -q '^-A\|^-P [A-Z]* DROP'; then
        echo iptables with rules
    elif command -v nft >/dev/null; then
        echo nftables without rules
    elif command -v iptables >/dev/null; then
        echo iptables without rules
    else
        echo none
    fi
}

addresses4() {
    grep -B 1 '/32 host LOCAL' /proc/net/fib_trie || :
}

addresses6() {
    if [ -r /proc/net/if_inet6 ]; then cat /proc/net/if_inet6; fi
}

base_facts() {
    section os-release os_release
    section machine uname -m
    section kernel uname -r
    section hostname uname -n
    section cpus nproc
    section memory grep '^MemTotal:' /proc/meminfo
    section disk df -P -k /
    section init init
    section uid id -u
    section connection printf '%s' "${SSH_CONNECTION-}"
    section sockets sockets
    section processes processes
    section firewall firewall
    section boot-id cat /proc/sys/kernel/random/boot_id
    section addresses4 addresses4
    section addresses6 addresses6
}

printf '\nbrokeforge-facts begin\n'
exec 4>&1
section clock date +%s%N
