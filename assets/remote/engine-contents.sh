# What is in it, to be compared with what is there afterwards.
contents | sort >"$aside/contents.new"
sync "$aside/contents.new"
mv -fT "$aside/contents.new" "$aside/contents"
