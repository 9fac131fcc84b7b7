# The clock was wrong before: until a time server has set it, certificates and signatures fail.
for try in $(seq 1 60); do
  [ "$(timedatectl show -p NTPSynchronized --value)" = yes ] && exit 0
  sleep 1
done
echo 'No time server has set the clock within 60 s; is UDP port 123 closed on the way out?' >&2
timedatectl timesync-status >&2 || :
exit 1
