# What is in it, to be compared with what is there afterwards.
now=$(contents)
printf '%s\n' "$now" | sort >"$aside/contents.new"
sync "$aside/contents.new"
mv -fT "$aside/contents.new" "$aside/contents"
