take_back() { :; }
