while read -r package; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
    '' | not-installed) ;;
    *) exit 1 ;;
  esac
done <"$BF_IN/packages"
