read -r version <"$BF_IN/version"
undo=/var/lib/brokeforge/undo-php$version
runs() { systemctl is-active --quiet "php$version-fpm"; }
passes() {
  said=$("php-fpm$version" -t 2>&1) && result=0 || result=1
  printf '%s\n' "$said" >&2
  # of a mistake in an ini file it only tells
  case $said in *'syntax error'*) result=1 ;; esac
  return "$result"
}
takes() {
  if runs; then systemctl reload "php$version-fpm"; else systemctl start "php$version-fpm"; fi && return
  journalctl -q -u "php$version-fpm" -n 10 --no-pager -o cat >&2 || :
  return 1
}
