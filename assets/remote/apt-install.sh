disk_room
wanted=$(cat "$BF_IN/packages")
# shellcheck disable=SC2086 -- names of packages hold no spaces
if ! get --no-install-recommends install $wanted; then
  get update
  get --no-install-recommends install $wanted
fi
