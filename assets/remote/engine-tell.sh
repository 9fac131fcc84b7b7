# One `name base64` a line: nothing that a host holds can be taken for anything else.
LC_ALL=C.UTF-8
export LC_ALL
tell() {
  value=$(head -c 393216 | base64 -w 0)
  printf '%s %s\n' "$1" "$value"
}
# Those of these packages that are there, each with its version and whether it came for another one:
# apt's own record of that, as asking apt takes a quarter of a second.
packages() {
  states=/var/lib/apt/extended_states
  [ -r "$states" ] || states=/dev/null
  dpkg-query -W -f '${Package}\t${db:Status-Status}\t${Version}\n' "$@" 2>/dev/null |
    awk -F '\t' -v OFS='\t' '
      apts && sub(/^Package: /, "") { name = $0 }
      apts && $0 == "Auto-Installed: 1" { itself[name] = 1 }
      !apts && $2 != "not-installed" { print $1, $2, $3, ($1 in itself) ? "itself" : "hand" }
    ' apts=1 "$states" apts= -
}
# The version that could be had of a package that is not there; that takes as long.
candidate() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ||
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
