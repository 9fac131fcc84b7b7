# Leaves the host as an operation must leave it when its last run did not do so: lock given back,
# secrets gone. A run that goes on keeps both. The prelude has set OP, OWNER, ROOT and LOCK, which
# is empty where the lock is a parent's; the definitions of place and keeper come before.
export PATH="${ROOT:+$ROOT/bin:}$PATH"
# One that has just said its last word is over in a moment.
left=30
while at_work; do
  [ "$left" -gt 0 ] || exit 0
  left=$((left - 1))
  sleep 0.1
done
if [ -n "$LOCK" ] && [ -e "$lock" ] && read -r held <"$lock"; then
  case $held in "$OWNER $LOCK "*) rm -f "$lock" ;; esac
fi
no_secrets
forget
