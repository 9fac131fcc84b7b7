running || {
  echo "$TITLE does not run, so it cannot be dumped. Start it, or go on without a dump: --answer dump=no" >&2
  exit 1
}
read -r kind <"$BF_IN/kind"
folder "$kind"
needed=$(size)
room "$needed"
dump_to "$aside/dump.${SUFFIX:-sql}"
