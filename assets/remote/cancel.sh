# Ends a run: no further step begins, and what runs gets TERM, after 10 to 15 s KILL.
# The prelude has set OP, RUN and ROOT; the definitions of place and keeper come before.
umask 077
export PATH="${ROOT:+$ROOT/bin:}$PATH"
mkdir -p "$base/$OP"
: >"$base/$OP/cancel"
end_run
