# Nothing is there to be dumped.
there || exit 0
present || exit 0
running || exit 1
if filled; then exit 1; fi
echo "There is nothing of anyone in $TITLE, so there is no dump."
