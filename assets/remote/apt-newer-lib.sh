# Those of the packages of the list $BF_IN/packages that are installed and of which the sources have a
# newer version, with what must come with them; as apt's own trial run tells it.
newer() {
  # shellcheck disable=SC2046 -- names of packages hold no spaces
  trial=$(apt-get -s -q --only-upgrade --no-install-recommends install $(cat "$BF_IN/packages")) || exit 2
  printf '%s\n' "$trial" | awk '$1 == "Inst" { print $2 }'
}
