# Everything of ours but what this very operation runs from.
keep=$(cat "$BF_IN/operation")
for path in /var/lib/brokeforge/* /var/lib/brokeforge/op/*; do
    case $path in
    */op | */op/"$keep" | *'*') ;;
    *) rm -rf --one-file-system "$path" ;;
    esac
done
