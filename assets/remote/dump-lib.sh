# Dumps that have been looked at: how the command ended, that there is something, that its end is
# there, and its digest beside it. The folder of a removal, or of an upgrade, gets its name once, from
# the host's clock.
BACKUPS=/var/backups/brokeforge
folder() {
  install -d -m 0700 "$BACKUPS"
  pointer=$BACKUPS/.$1
  [ -s "$pointer" ] || {
    echo "$1-$(date -u +%Y%m%dT%H%M%SZ)" >"$pointer.new"
    sync "$pointer.new"
    mv -f "$pointer.new" "$pointer"
  }
  read -r aside <"$pointer"
  aside=$BACKUPS/$aside
  install -d -m 0700 "$aside"
}
# At least this many KiB are free where dumps go.
room() {
  free=$(df -P -k "$BACKUPS" | awk 'NR == 2 { print $4 }')
  [ "$free" -gt "$1" ] || {
    echo "A dump may need $(($1 / 1024)) MiB; there are $((free / 1024)) MiB free in $BACKUPS." >&2
    exit 1
  }
}
dump() {
  target=$1
  mark=$2
  shift 2
  rm -f "$target.part"
  (umask 077 && "$@" >"$target.part") || {
    rm -f "$target.part"
    echo 'The dump failed, so nothing is changed.' >&2
    exit 1
  }
  [ -s "$target.part" ] && tail -c 1024 "$target.part" | grep -q -e "$mark" || {
    rm -f "$target.part"
    echo 'The dump is not whole: its end is missing. Nothing is changed.' >&2
    exit 1
  }
  sync "$target.part"
  mv -fT "$target.part" "$target"
  (
    umask 077
    cd "${target%/*}"
    sha256sum "${target##*/}" >"${target##*/}.sha256"
    sync "${target##*/}.sha256" .
    sha256sum --quiet -c "${target##*/}.sha256"
  )
  echo "The dump is $target, $(stat -c %s "$target") bytes, sha256 $(cut -d ' ' -f 1 "$target.sha256")."
}
