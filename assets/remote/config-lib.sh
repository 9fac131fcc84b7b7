# Changes to a service's configuration, all or none: written beside, moved into place, tested by the
# service's own checker, taken up by it; all back when one of these fails. Before this stands what
# sets `undo` and the functions passes (the checker, its words on stderr) and takes (reload, start).
# $BF_IN/changes: put INPUT PATH | link PATH TARGET | unlink PATH | drop PATH
each() {
  while read -r what one two; do
    case $what in put) path=$two ;; *) path=$one ;; esac
    "$1" || return 1
  done <"$BF_IN/changes"
}
put_back() {
  while read -r number path; do
    rm -f "$path.brokeforge-new"
    if [ -e "$undo/$number" ] || [ -L "$undo/$number" ]; then
      cp -a "$undo/$number" "$path.brokeforge-old" && mv -fT "$path.brokeforge-old" "$path" || return 1
    else
      rm -f "$path" || return 1
    fi
  done <"$undo/list"
  rm -rf "$undo"
}
keep_old() {
  number=$((number + 1))
  if [ -d "$path" ] && [ ! -L "$path" ]; then
    echo "$path is a folder." >&2
    return 1
  fi
  if [ -e "$path" ] || [ -L "$path" ]; then cp -a "$path" "$undo.new/$number" || return 1; fi
  echo "$number $path" >>"$undo.new/list"
}
beside() {
  [ "$what" = put ] || return 0
  mkdir -p "${path%/*}" && cat "$BF_IN/$one" >"$path.brokeforge-new" &&
    chown root:root "$path.brokeforge-new" && chmod 0644 "$path.brokeforge-new" &&
    sync "$path.brokeforge-new"
}
into_place() {
  case $what in
    put) mv -fT "$path.brokeforge-new" "$path" ;;
    link) mkdir -p "${path%/*}" && ln -sfnT "$two" "$path" ;;
    unlink)
      [ -L "$path" ] || [ ! -e "$path" ] || {
        echo "$path is not a link; it is left alone." >&2
        return 1
      }
      rm -f "$path"
      ;;
    drop) rm -f "$path" ;;
  esac
}
fail() {
  trap '' TERM
  put_back || {
    echo "What was there before could not be put back; it is kept in $undo." >&2
    exit 1
  }
  if words=$(passes 2>&1); then
    echo 'What was there before has been put back.' >&2
  else
    printf '%s\n' 'What was there before has been put back, and does not pass the test either:' "$words" >&2
  fi
  exit 1
}

mkdir -p "${undo%/*}"
# what an earlier run could not finish
if [ -d "$undo" ]; then put_back; fi
rm -rf "$undo.new"
mkdir "$undo.new"
: >"$undo.new/list"
number=0
each keep_old
sync "$undo.new/list"
mv -T "$undo.new" "$undo"
trap fail TERM
each beside && each into_place && passes && takes || fail
rm -rf "$undo"
