keep=$(cat "$BF_IN/operation")
for path in /var/lib/brokeforge/* /var/lib/brokeforge/op/*; do
    case $path in
    */op | */op/"$keep" | *'*') ;;
    *) exit 1 ;;
    esac
done
