disk_room
# shellcheck disable=SC2046 -- names of packages hold no spaces
get --only-upgrade --no-install-recommends install $(cat "$BF_IN/packages")
