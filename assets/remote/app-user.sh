read -r user <"$BF_IN/user"
if ! getent passwd "$user" >/dev/null; then
  useradd --create-home --shell /bin/bash --user-group --comment 'made by brokeforge' "$user"
fi
usermod --shell /bin/bash "$user"
# No password lets in; unlike a locked account this one still takes a key where sshd has no PAM.
usermod --password '*' "$user"
home=$(getent passwd "$user" | cut -d : -f 6)
[ -d "$home" ] || install -d -o "$user" -g "$user" "$home"
chown "$user" "$home"
chmod 0755 "$home"
