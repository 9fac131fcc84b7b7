# Whether the user gets in with a password: over TCP on loopback, or by its hash in the catalogue
# where the user may not come from there.
umask 077
{ read -r user; read -r port; read -r how; } <"$BF_IN/login"
said=
login() {
  if [ "$how" = catalogue ]; then
    [ -n "$({
      echo "SET SESSION sql_mode = '';"
      cat "$BF_IN/proof.sql"
      literal "$1"
      echo ');'
    } | run_sql)" ]
    return
  fi
  rm -f "$BF_IN/login.cnf"
  {
    printf '[client]\nuser=%s\nhost=127.0.0.1\nport=%s\nprotocol=tcp\npassword="' "$user" "$port"
    sed 's/[\\"]/\\&/g' "$1"
    printf '"\n'
  } >"$BF_IN/login.cnf"
  said=$(echo "${2:-SELECT 1;}" | mariadb --defaults-file="$BF_IN/login.cnf" --connect-timeout=10 \
    --default-character-set=utf8mb4 --batch --skip-column-names 2>&1) || return 1
}
# Another password does not let it in.
refused() {
  { cat "$BF_IN/password"; printf x; } >"$BF_IN/other"
  if login "$BF_IN/other"; then
    echo "$user gets in with any password." >&2
    return 1
  fi
}
