write() {
  cat "$BF_IN/content"
  printf 'requirepass '
  quoted "$BF_IN/password"
  printf '\n'
}
