# Whether the package sources offer what is not installed yet.
missing=
while read -r package; do
  is_there "$package" && continue
  apt-cache policy "$package" | grep -q '^  Candidate: [^(]' || missing="$missing $package"
done <"$BF_IN/packages"
[ -n "$missing" ] || exit 0
offered=$(apt-cache pkgnames php | sed -n 's/^php\([0-9]*\.[0-9]*\)-fpm$/\1/p' | sort | tr '\n' ' ')
echo "The package sources do not offer:$missing. Versions of PHP that they offer: ${offered:-none}" >&2
exit 1
