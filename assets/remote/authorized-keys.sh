# Every user who could log in, and the lines by which sshd would let them: user NAME, file PATH, then
# the file's lines with a tab before each. Read as the user, as sshd does: what a link of theirs
# leads to is theirs to read.
files=$(sshd -T 2>/dev/null | sed -n 's/^authorizedkeysfile //p')
[ -n "$files" ] || files='.ssh/authorized_keys .ssh/authorized_keys2'
# A file's name with what sshd fills in; a user's name and home are data, and no text of a script.
filled() {
  file=$file user=$user uid=$uid home=$home awk 'BEGIN {
    rest = ENVIRON["file"]
    while (at = index(rest, "%")) {
      sign = substr(rest, at + 1, 1)
      value = sign == "u" ? ENVIRON["user"] : sign == "U" ? ENVIRON["uid"] : \
        sign == "h" ? ENVIRON["home"] : "%"
      path = path substr(rest, 1, at - 1) value
      rest = substr(rest, at + 2)
    }
    print path rest
  }'
}
getent passwd | while IFS=: read -r user _ uid _ _ home shell; do
  case $shell in */nologin | */false | */sync) continue ;; esac
  for file in $files; do
    [ "$file" != none ] || continue
    path=$(filled)
    case $path in /*) ;; *) path=$home/$path ;; esac
    [ -f "$path" ] || continue
    printf 'user %s\nfile %s\n' "$user" "$path"
    runuser -u "$user" -- head -c 262144 "$path" | sed 's/^/\t/; $a\'
  done
done
