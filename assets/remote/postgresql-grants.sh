change() {
  { echo 'BEGIN;' && echo '\set ECHO queries' && asked "$2" && echo '\gexec' && echo 'COMMIT;'; } |
    run_sql "$1" || return 2
}
each change
