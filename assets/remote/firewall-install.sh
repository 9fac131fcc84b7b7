# A server that updates itself may hold the lock: it is waited for.
get() {
    apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900 -o Dpkg::Options::=--force-confold \
        -o Dpkg::Options::=--force-confdef --no-install-recommends install ufw
}
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none
if ! get; then
    apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900 update
    get
fi
