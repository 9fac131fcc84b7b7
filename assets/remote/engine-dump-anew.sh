# A dump that is whole is never written over: the next one gets a folder of its own.
read -r kind <"$BF_IN/kind"
pointer=/var/backups/brokeforge/.$kind
if [ -s "$pointer" ] && read -r aside <"$pointer" &&
  [ -e "/var/backups/brokeforge/$aside/contents" ]; then
  rm -f "$pointer"
fi
