as_wanted || exit 1
