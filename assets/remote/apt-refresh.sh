# A source that cannot be reached is a failure here: what it has newer would be taken for nothing.
get -o APT::Update::Error-Mode=any update
