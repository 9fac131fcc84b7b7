{ read -r base; read -r key; read -r fingerprint; read -r sources; read -r keyring; } <"$BF_IN/repository"
. /etc/os-release
work=$(mktemp -d /run/brokeforge-key.XXXXXX)
trap 'rm -rf "$work"' EXIT
# apt fetches as a user of its own
mkdir "$work/fetched"
chmod 0755 "$work"
if getent passwd _apt >/dev/null; then chown _apt "$work/fetched"; fi
/usr/lib/apt/apt-helper -o Acquire::Retries=2 -o Acquire::http::Timeout=60 \
  -o Acquire::https::Timeout=60 download-file "$key" "$work/fetched/key" || {
  echo "The key of the repository cannot be fetched from $key." >&2
  exit 1
}
mkdir -m 0700 "$work/gpg"
export GNUPGHOME="$work/gpg"
gpg --batch --quiet --no-options --no-autostart --import "$work/fetched/key" 2>/dev/null || :
found=$(gpg --batch --no-options --with-colons --list-keys 2>/dev/null |
  awk -F: '$1 == "pub" { primary = 1; state = $2 } $1 == "fpr" && primary { print $10, state; primary = 0 }')
case $(printf '%s\n' "$found" | grep "^$fingerprint ") in
  '')
    echo "$key does not hold the key $fingerprint. It holds:" >&2
    printf '%s\n' "${found:-no key at all}" >&2
    exit 1
    ;;
  *' e' | *' r')
    echo "The key $fingerprint of $key has expired or was revoked." >&2
    exit 1
    ;;
esac
# that one alone, whatever else came with it
gpg --batch --no-options --export "$fingerprint" >"$work/keyring"
mkdir -p "${keyring%/*}"
for file in "$keyring" "$sources"; do
  if [ -f "$file" ]; then cp -a "$file" "$work/old-${file##*/}"; fi
done
sum=$(sha256sum <"$work/keyring")
cat >"$work/sources" <<END
# Written by brokeforge.
# Key: $fingerprint ${sum%% *}
Types: deb
URIs: $base/
Suites: $VERSION_CODENAME
Components: main
Signed-By: $keyring
END
install -m 0644 "$work/keyring" "$keyring"
install -m 0644 "$work/sources" "$sources"
# of this source alone, and what cannot be fetched is an error, not a warning
if words=$(get -o Dir::Etc::sourcelist="$sources" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 update 2>&1) &&
  ! printf '%s\n' "$words" | grep -q '^[WE]:'; then
  printf '%s\n' "$words"
  exit 0
fi
printf '%s\n' "$words" >&2
for file in "$keyring" "$sources"; do
  if [ -f "$work/old-${file##*/}" ]; then mv -f "$work/old-${file##*/}" "$file"; else rm -f "$file"; fi
done
echo "The repository $base cannot be used." >&2
exit 1
