# Nothing newer is left, it answers, and whatever the dump found in it is there.
there || exit 1
running || {
  echo "$TITLE does not run with the new version: systemctl status $SERVICE tells why." >&2
  exit 1
}
read -r kind <"$BF_IN/kind"
pointer=/var/backups/brokeforge/.$kind
[ -s "$pointer" ] || exit 0
read -r aside <"$pointer"
before=/var/backups/brokeforge/$aside/contents
[ -e "$before" ] || exit 0
now=$(contents)
gone=$(printf '%s\n' "$now" | sort | comm -23 "$before" -)
[ -z "$gone" ] || {
  printf 'What was in %s before and is not any more:\n%s\nThe dump lies in %s.\n' \
    "$TITLE" "$gone" "${before%/*}" >&2
  exit 1
}
