version=$(dpkg-query -W -f '${db:Status-Status} ${Version}' fail2ban 2>/dev/null || :)
case $version in 'installed '*) echo "version ${version#installed }" ;; esac
claim=/var/lib/brokeforge/claims/fail2ban
if [ -f "$claim" ]; then read -r how <"$claim" && echo "claim $how"; fi
for tool in nft iptables; do
  if command -v "$tool" >/dev/null; then echo "tool $tool"; fi
done
# what the distribution brings is nobody's
for file in /etc/fail2ban/jail.local /etc/fail2ban/jail.d/*; do
  [ -f "$file" ] || continue
  case $file in
    */zz-brokeforge.local | */defaults-debian.conf) ;;
    *) printf 'foreign %s\n' "$file" ;;
  esac
done
if command -v fail2ban-client >/dev/null; then
  banned=$(timeout 10 fail2ban-client get sshd banip 2>/dev/null) && echo "banned $(echo "$banned" | wc -w)" || :
fi
