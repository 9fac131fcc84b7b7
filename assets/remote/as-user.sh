# The place of the runs of a user without root. The host's lock is root's; whoever has the turn there
# has it for these too. Definitions only; the prelude has set OP, RUN and ROOT.
home=${ROOT:+$ROOT/home}
home=${home:-$HOME}
state=$home/.local/state/brokeforge
base=$state/op
dir=$base/$OP/$RUN
# /run/user goes with the last login, and a run outlives that.
secrets=$base/$OP/$RUN.secrets
lock=

check_place() { :; }
make_folders() { mkdir -p "$base/$OP" && chmod 0700 "$state" "$base"; }
no_secrets() { rm -rf "$base/$OP"/*.secrets; }
take_lock() { :; }
# It has nothing else.
outlives() { :; }
forget() { :; }
