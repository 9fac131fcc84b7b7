# Folders that root made, with all that is in them.
while read -r path; do
  rm -rf --one-file-system -- "$path"
done <"$BF_IN/folders"
