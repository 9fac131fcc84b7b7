as_wanted || fail "The firewall is not as planned: what the kernel and ufw's files say now differs from it."
