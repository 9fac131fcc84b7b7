# It is not there any more.
read -r name <"$BF_IN/name"
[ -z "$(run_sql <"$BF_IN/there.sql")" ] || exit 1
