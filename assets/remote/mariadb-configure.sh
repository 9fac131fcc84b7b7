prepare() { :; }
write() { cat "$BF_IN/content"; }
restore() { :; }
