# Is a package of the list $BF_IN/packages installed? dpkg is asked once for all: each question takes
# milliseconds.
# shellcheck disable=SC2046 -- names of packages hold no spaces
there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(cat "$BF_IN/packages") 2>/dev/null |
  sed -n 's/^installed //p')
is_there() {
  case "
$there
" in
    *"
$1
"*) ;;
    *) return 1 ;;
  esac
}
