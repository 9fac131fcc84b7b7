there=
while read -r package; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    '' | not-installed) ;;
    *) there="$there $package" ;;
  esac
done <"$BF_IN/packages"
[ -z "$there" ] || get --purge remove $there
