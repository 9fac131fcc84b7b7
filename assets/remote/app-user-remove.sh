read -r user <"$BF_IN/user"
read -r operation <"$BF_IN/operation"
home=$(getent passwd "$user" | cut -d : -f 6)
loginctl terminate-user "$user" 2>/dev/null || :
pkill -KILL -u "$user" || [ $? -eq 1 ]
if [ -d "$home" ]; then
  kept=/var/backups/brokeforge/home-$user-$operation
  install -d -m 0700 /var/backups/brokeforge
  mv -T "$home" "$kept"
  echo "What was in $home is in $kept now."
fi
# a process that is just ending is waited for
for try in 1 2 3 4 5 6 7 8 9 10; do
  userdel "$user" && break
  [ "$try" -lt 10 ] || exit 1
  sleep 1
done
