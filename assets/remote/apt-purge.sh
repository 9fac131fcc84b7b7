there=
while read -r package; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    '' | not-installed) ;;
    *) there="$there $package" ;;
  esac
done <"$BF_IN/packages"
if [ -n "$there" ]; then
  # What others brought and cannot be without these is nobody's to purge.
  others=$(apt-get -s --purge remove $there | awk '/^(Remv|Purg) / { print $2 }' | sort -u |
    while read -r package; do
      grep -qxF -e "$package" -e "${package%%:*}" "$BF_IN/packages" || printf ' %s' "$package"
    done)
  [ -z "$others" ] || {
    echo "These would be removed as well, so nothing is:$others" >&2
    exit 1
  }
  get --purge remove $there
fi
