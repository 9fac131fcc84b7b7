# A policy that sudo cannot read would shut everybody out: it is looked at before it is in force.
visudo -c -q -f "$BF_IN/content" || { visudo -c -f "$BF_IN/content" >&2; exit 1; }
