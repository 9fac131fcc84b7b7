# The drop-in is there as wanted, and what is in force is what it says: the query answers with what
# is not.
configured() {
  running || exit 1
  cmp -s "$BF_IN/content" "$CONFIG" || exit 1
  [ "$(stat -c '%U:%G %a' "$CONFIG")" = "$OWNER $MODE" ] || exit 1
  different=$(run_sql <"$BF_IN/effective.sql") || exit 1
  [ -z "$different" ] || {
    printf 'Not in force in %s:\n%s\n' "$TITLE" "$different" >&2
    exit 1
  }
}
