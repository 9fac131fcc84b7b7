# Ends a run: no further step begins, and what runs gets TERM, after 10 s KILL.
# The prelude has set OP, RUN and ROOT.
umask 077
export PATH="${ROOT:+$ROOT/bin:}$PATH"
base=$ROOT/var/lib/brokeforge/op
unit=brokeforge-$OP-$RUN.service
mkdir -p "$base/$OP"
: >"$base/$OP/cancel"
if systemctl --quiet is-active "$unit"; then systemctl stop "$unit"; fi
