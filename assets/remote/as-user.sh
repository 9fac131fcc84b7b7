# The place of the runs of a user without root. The host's lock is root's; whoever has the turn there
# has it for these too. Definitions only; the prelude has set OP, RUN and ROOT.
home=${ROOT:+$ROOT/home}
home=${home:-$HOME}
state=$home/.local/state/brokeforge
base=$state/op
lock=
# Where a run of the operation lies. /run/user goes with the last login, and a run outlives that.
run_of() {
  dir=$base/$OP/$1
  secrets=$base/$OP/$1.secrets
}
run_of "$RUN"

check_place() { :; }
make_folders() { mkdir -p "$base/$OP" && chmod 0700 "$state" "$base"; }
no_secrets() { rm -rf "$base/$OP"/*.secrets; }
take_lock() { :; }
# Without root there is nothing that would outlive a login better than a session does.
outlives() { :; }
forget() { :; }
