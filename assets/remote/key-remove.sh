read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 2; }
file=$home/.ssh/authorized_keys
blobs=$(cut -d ' ' -f 2 "$BF_IN/key")
[ -n "$blobs" ] || { echo "The key to remove is not known." >&2; exit 2; }
# a blob has no spaces in it: each is a word
runuser -u "$user" -- /bin/sh -eu -s -- "$file" $blobs <<'END'
# Our lines alone go, found by their keys. Every other byte stays, whatever encoding it is in and
# however the last line ends, which is why it is sed that writes the rest.
export LC_ALL=C
file=$(readlink -f "$1")
shift
lines=
for blob; do
  found=$(grep -anoF -e "$blob" "$file" | cut -d : -f 1)
  for line in $found; do lines="$lines${line}d;"; done
done
new=$file.brokeforge
rm -f "$new"
(umask 077 && : >"$new")
chmod --reference="$file" "$new"
sed -e "$lines" "$file" >"$new"
sync "$new"
mv -fT "$new" "$file"
sync "$(dirname "$file")"
END
