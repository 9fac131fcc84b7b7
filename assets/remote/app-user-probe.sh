getent passwd brokeforge || :
