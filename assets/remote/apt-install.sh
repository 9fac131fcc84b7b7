free=$(df -P -k /var | awk 'NR == 2 { print $4 }')
[ "$free" -ge 102400 ] || {
  echo "There are only $((free / 1024)) MiB free on the file system of /var." >&2
  exit 1
}
wanted=
while read -r package; do wanted="$wanted $package"; done <"$BF_IN/packages"
# shellcheck disable=SC2086 -- names of packages hold no spaces
if ! get --no-install-recommends install $wanted; then
  get update
  get --no-install-recommends install $wanted
fi
