systemctl is-enabled --quiet nginx && systemctl is-active --quiet nginx || exit 1
