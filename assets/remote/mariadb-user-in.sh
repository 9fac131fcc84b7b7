# The user gets into each of its schemas, and does not with another password.
[ "$how" = loopback ] || { login "$BF_IN/password"; exit; }
while IFS= read -r name; do
  login "$BF_IN/password" "USE \`$name\`; SELECT 1;" || {
    printf '%s does not get into %s. %s\n' "$user" "$name" "$said" >&2
    exit 1
  }
done <"$BF_IN/schemas"
refused || exit 1
