# The password is set, proved and only then kept: the one before comes back when it does not work.
quiet() {
  echo "SET log_statement = 'none'; SET log_min_error_statement = 'panic';"
  echo "SET log_min_duration_statement = -1; SET password_encryption = 'scram-sha-256';"
}
before=$(run_sql <"$BF_IN/before.sql")
{
  quiet
  echo 'BEGIN;'
  cat "$BF_IN/create.sql" "$BF_IN/alter.sql"
  literal "$BF_IN/password"
  printf ';\nCOMMIT;\n'
} | run_sql
login "$BF_IN/password" || {
  echo "$user does not get in with the new password. $said" >&2
  [ -z "$before" ] || {
    { quiet && cat "$BF_IN/alter.sql" && printf "'%s';\n" "$before"; } | run_sql
    echo 'The password before is back.' >&2
  }
  exit 1
}
