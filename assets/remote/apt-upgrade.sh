disk_room
# shellcheck disable=SC2046 -- names of packages hold no spaces
get --no-remove --only-upgrade --no-install-recommends install $(cat "$BF_IN/packages")
