# The process manager opens its sockets a moment after it was told to.
while read -r socket; do
  for try in $(seq 100); do
    [ ! -S "$socket" ] || continue 2
    sleep 0.1
  done
  echo "There is no socket $socket." >&2
  exit 1
done <"$BF_IN/sockets"
