# Leaves the host as an operation of a user without root must leave it when its last run did not do
# so: secrets gone. A run that goes on keeps them.
for folder in "$base/$OP"/*/; do
  if [ -e "$folder/started" ] && run_pid "${folder%/}"; then exit 0; fi
done
rm -rf "$base/$OP"/*.secrets
