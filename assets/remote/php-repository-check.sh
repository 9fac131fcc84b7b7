{ read -r base; read -r key; read -r fingerprint; read -r sources; read -r keyring; } <"$BF_IN/repository"
. /etc/os-release
[ -f "$keyring" ] && [ -f "$sources" ] && command -v gpg >/dev/null || exit 1
grep -qxF "URIs: $base/" "$sources" && grep -qxF "Suites: $VERSION_CODENAME" "$sources" || exit 1
found=$(gpg --no-options --with-colons --show-keys "$keyring" 2>/dev/null |
  awk -F: '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { print $10; primary = 0 }')
[ "$found" = "$fingerprint" ] || exit 1
# told to apt as well
ls /var/lib/apt/lists/*"$(printf %s "$base" | sed 's|^[a-z]*://||; s|/|_|g')"*_Packages* >/dev/null 2>&1 || exit 1
