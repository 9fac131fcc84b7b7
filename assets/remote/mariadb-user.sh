# The password is set, proved and only then kept: the one before comes back when it does not work.
before=$(run_sql <"$BF_IN/before.sql")
set_password() {
  {
    echo "SET SESSION sql_mode = '';"
    cat "$BF_IN/create.sql"
    literal "$BF_IN/password"
    echo ';'
    cat "$BF_IN/alter.sql"
    literal "$BF_IN/password"
    echo ' ACCOUNT UNLOCK;'
  } | run_sql
}
set_password
login "$BF_IN/password" || {
  echo "$user does not get in with the new password. $said" >&2
  [ -z "$before" ] || {
    { cat "$BF_IN/alter.sql" && printf "PASSWORD '%s';\n" "$before"; } | run_sql
    echo 'The password before is back.' >&2
  }
  exit 1
}
