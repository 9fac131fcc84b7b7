BEGIN='# brokeforge begin'
END='# brokeforge end'
prepare() {
  cluster || {
    # the package was told to make none
    version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
    pg_createcluster --locale C.UTF-8 "$version" main
    cluster
  }
  install -d -o postgres -g postgres -m 0755 "$FOLDER/conf.d"
  HBA=$FOLDER/pg_hba.conf
  [ ! -f "$HBA.brokeforge-old" ] || mv -fT "$HBA.brokeforge-old" "$HBA"
  cp -p "$HBA" "$HBA.brokeforge-old"
  cp -p "$HBA" "$HBA.brokeforge-new"
  { sed "/^$BEGIN\$/,/^$END\$/d" "$HBA.brokeforge-old" && cat "$BF_IN/hba"; } >"$HBA.brokeforge-new"
  sync "$HBA.brokeforge-new"
  mv -fT "$HBA.brokeforge-new" "$HBA"
}
write() { cat "$BF_IN/content"; }
restore() { mv -fT "$HBA.brokeforge-old" "$HBA"; }
