! present || exit 1
