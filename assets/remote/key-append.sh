read -r user <"$BF_IN/user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -n "$home" ] || { echo "There is no user $user." >&2; exit 2; }
file=$home/.ssh/authorized_keys
ours=
[ ! -e "$BF_IN/ours" ] || ours=$(cut -d ' ' -f 2 "$BF_IN/ours")
# As the user itself: what it may have put in the way leads nowhere that is not its own.
# shellcheck disable=SC2086 -- a blob has no spaces in it: each is a word
runuser -u "$user" -- /bin/sh -eu -s -- "$file" "$(cat "$BF_IN/key")" $ours <<'END'
# Appended in one write, never rewritten: whoever else has a key there keeps it.
export LC_ALL=C
file=$1
key=$2
shift 2
dir=${file%/*}
[ -d "$dir" ] || mkdir -m 0700 "$dir"
[ -e "$file" ] || (umask 077 && : >"$file")
# options that somebody gave to the line of a key of ours bind the one that follows it too
for blob; do
  line=$(grep -av '^[[:blank:]]*#' "$file" | grep -aF -m 1 -e "${key%% *} $blob") || continue
  options=${line%%"${key%% *} $blob"*}
  key=$options$key
  break
done
# a last line without its end would swallow ours
if [ -s "$file" ] && [ "$(tail -c 1 "$file" | od -An -tx1 | tr -d ' \n')" != 0a ]; then
    printf '\n%s\n' "$key" >>"$file"
else
    printf '%s\n' "$key" >>"$file"
fi
sync "$file"
END
