# Those of the packages of the list $BF_IN/packages that are installed and of which the sources have a
# newer version, with what must come with them; as apt's own trial run tells it. Nothing else goes for
# them. Packages with names as in $BF_IN/generation get no other generation: so many first parts of
# their version stay as they are, and none of them is new.
newer() {
  # shellcheck disable=SC2046 -- names of packages hold no spaces
  trial=$(apt-get -s -q --no-remove --only-upgrade --no-install-recommends install \
    $(cat "$BF_IN/packages")) || exit 2
  names=
  [ ! -e "$BF_IN/generation" ] || read -r names parts <"$BF_IN/generation"
  [ -z "$names" ] || printf '%s\n' "$trial" | awk -v names="$names" -v parts="$parts" '
    function generation(version, all, n, i, first) {
      sub(/^[0-9]+:/, "", version)
      n = split(version, all, /[.+~-]/)
      for (i = 1; i <= parts && i <= n; i++) first = first "." all[i]
      return first
    }
    $1 == "Inst" && $2 ~ names {
      old = $3 ~ /^\[/ ? substr($3, 2, length($3) - 2) : "none"
      new = substr(old == "none" ? $3 : $4, 2)
      if (generation(old) != generation(new)) {
        printf "%s would come in version %s in place of %s.\n", $2, new, old
        other = 1
      }
    }
    END { exit other }' >&2 || {
    echo 'Another generation is no upgrade in place: its data has to be brought over by hand.' >&2
    exit 2
  }
  printf '%s\n' "$trial" | awk '$1 == "Inst" { print $2 }'
}
