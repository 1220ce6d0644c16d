# SPDX-License-Identifier: MIT
# A private database server in $T/db, without network.

# The machine does not die in a test, only its programs do: nobody waits until something is on the disk.
MARIADB_SYNC='--debug-no-sync --skip-sync-frm --innodb-flush-method=nosync'

# start_mariadb [OPTION...]: root has no password. An existing database is used again. IN_NAMESPACE: words
# that run the server elsewhere.
start_mariadb() {
	need mariadbd mariadb-install-db mariadb
	RIDA_TEST_DB=$T/db
	RIDA_TEST_SOCKET=$RIDA_TEST_DB/s
	mkdir -p "$RIDA_TEST_DB/tmp"
	as=
	if [ "$(id -u)" -eq 0 ]; then
		owner=mysql
		id mysql >/dev/null 2>&1 || owner=nobody
		as=--user=$owner
		chown -R "$owner" "$RIDA_TEST_DB"
	fi
	if ! [ -d "$RIDA_TEST_DB/data/mysql" ]; then
		# Its server names temporary tables by its process, of which other namespaces have the same.
		TMPDIR="$RIDA_TEST_DB/tmp" mariadb-install-db --no-defaults $as --datadir="$RIDA_TEST_DB/data" \
			--auth-root-authentication-method=normal --skip-test-db --skip-name-resolve --force $MARIADB_SYNC \
			>"$RIDA_TEST_DB/install.log" 2>&1 ||
			fail "mariadb-install-db: $(cat "$RIDA_TEST_DB/install.log")"
	fi
	launch mariadbd ${IN_NAMESPACE:-} mariadbd --no-defaults $as --datadir="$RIDA_TEST_DB/data" --socket="$RIDA_TEST_SOCKET" \
		--pid-file="$RIDA_TEST_DB/pid" --skip-networking --tmpdir="$RIDA_TEST_DB/tmp" \
		--innodb-buffer-pool-size=64M --innodb-log-file-size=16M --performance-schema=OFF \
		--log-error="$RIDA_TEST_DB/err.log" $MARIADB_SYNC "$@"
	MARIADB_PID=$LAUNCHED
	wait_for 30 mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot -e 'SELECT 1' ||
		fail "mariadbd did not start: $(tail -5 "$RIDA_TEST_DB/err.log")"
	export RIDA_TEST_DB RIDA_TEST_SOCKET MARIADB_PID
}

# sql STATEMENT [DATABASE]: runs it as root, prints rows without headings.
sql() {
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot --skip-column-names --batch \
		"${2:-rida}" -e "$1"
}
