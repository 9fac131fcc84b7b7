while read -r package; do is_there "$package" || exit 1; done <"$BF_IN/packages"
