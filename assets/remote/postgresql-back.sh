take_back() {
  HBA=$FOLDER/pg_hba.conf
  cp -p "$HBA" "$HBA.brokeforge-new"
  sed '/^# brokeforge begin$/,/^# brokeforge end$/d' "$HBA" >"$HBA.brokeforge-new"
  mv -fT "$HBA.brokeforge-new" "$HBA"
}
