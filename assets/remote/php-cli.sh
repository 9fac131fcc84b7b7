read -r version <"$BF_IN/version"
update-alternatives --set php "/usr/bin/php$version"
for name in phar phar.phar; do
  if [ -e "/usr/bin/$name$version" ]; then
    update-alternatives --set "$name" "/usr/bin/$name$version"
  fi
done
