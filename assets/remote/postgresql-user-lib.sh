# Whether the role gets in with a password, over TCP on loopback.
umask 077
{ read -r user; read -r port; } <"$BF_IN/login"
said=
login() {
  rm -f "$BF_IN/pgpass"
  {
    printf '127.0.0.1:%s:*:%s:' "$port" "$user"
    sed 's/[\\:]/\\&/g' "$1"
    printf '\n'
  } >"$BF_IN/pgpass"
  said=$(echo 'SELECT 1;' | PGPASSFILE=$BF_IN/pgpass PGCONNECT_TIMEOUT=10 psql -X -q -A -t -w \
    -h 127.0.0.1 -p "$port" -U "$user" -d "${2:-postgres}" 2>&1) && return 0
  # the password was right; whether it may into that database is another question
  case ${2-}$said in *'permission denied for database "postgres"'*) ;; *) return 1 ;; esac
}
# Another password does not let it in.
refused() {
  { cat "$BF_IN/password"; printf x; } >"$BF_IN/other"
  if login "$BF_IN/other"; then
    echo "$user gets in with any password: pg_hba.conf trusts 127.0.0.1." >&2
    return 1
  fi
}
