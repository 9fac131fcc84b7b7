# Who may come from where: our block in pg_hba.conf, read by the server after it was written.
BEGIN='# brokeforge begin'
END='# brokeforge end'
admitted() {
  block=$(sed -n "/^$BEGIN\$/,/^$END\$/p" "$FOLDER/pg_hba.conf")
  [ "$block" = "$(cat "$BF_IN/hba")" ] || exit 1
  read_at=$(echo 'SELECT floor(extract(epoch FROM pg_conf_load_time()));' | run_sql) || exit 1
  [ "$read_at" -ge "$(stat -c %Y "$FOLDER/pg_hba.conf")" ] || exit 1
}
