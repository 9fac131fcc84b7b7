{ read -r base; read -r key; read -r fingerprint; read -r sources; read -r keyring; } <"$BF_IN/repository"
. /etc/os-release
[ -f "$keyring" ] && [ -f "$sources" ] || exit 1
sum=$(sha256sum <"$keyring")
grep -qxF "# Key: $fingerprint ${sum%% *}" "$sources" || exit 1
grep -qxF "URIs: $base/" "$sources" && grep -qxF "Suites: $VERSION_CODENAME" "$sources" || exit 1
# what apt calls a source's list
name=$(printf %s "$base" | sed 's|^[a-z]*://||; s|/|_|g')
[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name "${name}_*_Packages*" -print -quit)" ] || exit 1
