move() {
  mv -T "/var/lib/postgresql/$VERSION/$NAME" "$aside/data"
  mv -T "$FOLDER" "$aside/configuration"
  install -d -m 0700 "$aside/log"
  find /var/log/postgresql -maxdepth 1 -name "postgresql-$VERSION-$NAME.log*" \
    -exec mv -t "$aside/log" {} +
  rmdir --ignore-fail-on-non-empty "/var/lib/postgresql/$VERSION" "/etc/postgresql/$VERSION"
  systemctl daemon-reload
}
present() { command -v pg_lsclusters >/dev/null && cluster; }
