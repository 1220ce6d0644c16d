# SPDX-License-Identifier: MIT
# For tests in shell: a temporary folder, servers of our own, and their end. Source it first.
#
#	. "$top_srcdir/tests/lib/env.sh"
#	need mariadbd
#	start_mariadb            # sets RIDA_TEST_DB (the folder) and RIDA_TEST_SOCKET
#
# T is the temporary folder. Whatever is started is stopped by its pid when the script ends. A
# missing tool is a failure in CI and SKIP (77) elsewhere.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/rida-test.XXXXXX")
chmod 0711 "$T"
export T
PATH=$PATH:/usr/sbin:/sbin
STARTED=

note() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fail TEXT: ends the script as failed.
fail() {
	note "FAILED: $*"
	exit 1
}

# need PROGRAM...: ends the script when one is missing.
need() {
	for program; do
		command -v "$program" >/dev/null && continue
		[ -z "${CI:-}" ] || fail "$program is missing"
		note "$program is missing"
		exit 77
	done
}

# remember PID: stop it at the end, the last one first.
remember() {
	STARTED="$1 $STARTED"
}

# stop PID: TERM, then KILL after ten seconds; returns when it is gone.
stop() {
	kill "$1" 2>/dev/null || return 0
	timeout 10 tail --pid="$1" -f /dev/null || kill -9 "$1" 2>/dev/null || :
}

clean_up() {
	status=$?
	trap - EXIT INT TERM
	for pid in $STARTED; do
		stop "$pid"
	done
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ] && [ -n "${RIDA_TEST_KEEP:-}" ]; then
		note "kept: $T"
	else
		rm -rf "$T"
	fi
	exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# wait_for SECONDS COMMAND...: until the command succeeds; it is asked twenty times a second.
wait_for() {
	limit=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		limit=$((limit - 1))
		[ "$limit" -gt 0 ] || return 1
		sleep 0.05
	done
}

# free_port: prints a TCP port that nobody listens on.
free_port() {
	while :; do
		port=$(shuf -i 20000-32000 -n 1)
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
		ss -Hltn "sport = :$port" 2>/dev/null | grep -q . || break
	done
	echo "$port"
}

# start_mariadb [OPTION...]: a private server without network, root without a password.
start_mariadb() {
	need mariadbd mariadb-install-db mariadb
	RIDA_TEST_DB=$T/db
	RIDA_TEST_SOCKET=$RIDA_TEST_DB/s
	mkdir -p "$RIDA_TEST_DB/tmp"
	as=
	if [ "$(id -u)" -eq 0 ]; then
		as=--user=mysql
		chown -R mysql "$RIDA_TEST_DB"
	fi
	if ! [ -d "$RIDA_TEST_DB/data" ]; then
		mariadb-install-db --no-defaults $as --datadir="$RIDA_TEST_DB/data" \
			--auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
			>"$RIDA_TEST_DB/install.log" 2>&1 || fail "mariadb-install-db: $(cat "$RIDA_TEST_DB/install.log")"
	fi
	mariadbd --no-defaults $as --datadir="$RIDA_TEST_DB/data" --socket="$RIDA_TEST_SOCKET" \
		--pid-file="$RIDA_TEST_DB/pid" --skip-networking --tmpdir="$RIDA_TEST_DB/tmp" \
		--innodb-buffer-pool-size=64M --innodb-log-file-size=16M --performance-schema=OFF \
		--log-error="$RIDA_TEST_DB/err.log" "$@" >/dev/null 2>&1 &
	MARIADB_PID=$!
	remember "$MARIADB_PID"
	wait_for 30 mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot -e 'SELECT 1' ||
		fail "mariadbd did not start: $(tail -5 "$RIDA_TEST_DB/err.log")"
	export RIDA_TEST_DB RIDA_TEST_SOCKET
}

# sql STATEMENT [DATABASE]: runs it as root, prints rows without headings.
sql() {
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot --skip-column-names --batch \
		"${2:-rida}" -e "$1"
}
