# One `name base64` a line: nothing that a host holds can be taken for anything else.
LC_ALL=C.UTF-8
export LC_ALL
tell() {
  value=$(head -c 393216 | base64 -w 0)
  printf '%s %s\n' "$1" "$value"
}
# Those of these packages that are there, each with its version and whether it came for another one.
packages() {
  dpkg-query -W -f '${Package}\t${db:Status-Status}\t${Version}\n' "$@" 2>/dev/null |
    grep -v "$(printf '\tnot-installed\t')" | while IFS="$(printf '\t')" read -r name status version; do
    # apt's own record of it; asking apt takes a quarter of a second
    by=hand
    if [ -r /var/lib/apt/extended_states ] && awk -v name="$name" '
      $1 == "Package:" { this = $2 == name }
      this && $1 == "Auto-Installed:" && $2 == "1" { found = 1; exit }
      END { exit !found }' /var/lib/apt/extended_states; then by=itself; fi
    printf '%s\t%s\t%s\t%s\n' "$name" "$status" "$version" "$by"
  done
}
candidate() {
  apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1
}
claims() {
  [ ! -d /var/lib/brokeforge/claims ] || (
    cd /var/lib/brokeforge/claims
    # shellcheck disable=SC2048 -- patterns, for this folder
    for claim in $*; do
      [ ! -f "$claim" ] || { read -r how <"$claim" && printf '%s\t%s\n' "$claim" "$how"; }
    done
  )
}
if [ -e /usr/sbin/policy-rc.d ]; then echo yes | tell policy; fi
if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then echo yes | tell lists; fi
