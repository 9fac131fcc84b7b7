locate
take_back
rm -f "$CONFIG" "$CONFIG.brokeforge-new" "$CONFIG.brokeforge-old"
restart
