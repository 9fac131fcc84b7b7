while read -r socket; do
  for try in $(seq 100); do
    [ -e "$socket" ] || continue 2
    sleep 0.1
  done
  # what a process manager that was killed left behind
  rm -f "$socket"
done <"$BF_IN/sockets"
