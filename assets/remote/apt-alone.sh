# Whether purging packages would take others with it that are none of their family.
there=
while read -r package; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    '' | not-installed) ;;
    *) there="$there $package" ;;
  esac
done <"$BF_IN/packages"
[ -n "$there" ] || exit 0
going=$(apt-get -s --purge remove $there)
also=
for package in $(printf '%s\n' "$going" | awk '$1 == "Remv" || $1 == "Purg" { print $2 }'); do
  if grep -qxF -- "$package" "$BF_IN/packages"; then continue; fi
  while read -r family; do
    case $package in "$family"*) continue 2 ;; esac
  done <"$BF_IN/family"
  also="$also $package"
done
[ -z "$also" ] || {
  echo "These packages need it and would be removed with it:$also. Remove them first." >&2
  exit 1
}
