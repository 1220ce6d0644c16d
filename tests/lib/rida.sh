# SPDX-License-Identifier: MIT
# rida itself: its configuration, its tables, its programs. Everything it writes is below $T.

# write_config ['KEY: VALUE'...]: writes $T/rida.yaml; a later line replaces an earlier one of its key.
write_config() {
	mkdir -p "$T/state" "$T/state/logs" "$T/repos" "$T/cache" "$T/run"
	chmod 0711 "$T/state" "$T/cache" "$T/run"
	{
		cat <<-END
			log: stderr
			log_level: info
			state_dir: $T/state
			log_dir: $T/state/logs
			repo_dir: $T/repos
			cache_dir: $T/cache
			run_dir: $T/run
			static_dir: $top_srcdir/cgi/static
			sql_dir: $top_srcdir/sql
			job_program: $top_builddir/scheduler/rida-job
			db_socket: ${RIDA_TEST_SOCKET:-$T/db/s}
			db_name: rida
			scm_private_addresses: true
			bus: file
			bus_file: $T/state/messages.jsonl
		END
		for line; do
			printf '%s\n' "$line"
		done
	} | awk -F: '{ if (!($1 in last)) order[++n] = $1; last[$1] = $0 } END { for (i = 1; i <= n; i++) print last[order[i]] }' \
		>"$T/rida.yaml"
	RIDA_CONFIG=$T/rida.yaml
	export RIDA_CONFIG
}

# says STATUS WORDS COMMAND...: its exit status, and words that it says.
says() {
	wanted=$1 words=$2
	shift 2
	status=0
	"$@" >"$T/said" 2>&1 || status=$?
	[ "$status" -eq "$wanted" ] || fail "$*: status $status instead of $wanted: $(cat "$T/said")"
	grep -qF -- "$words" "$T/said" || fail "$*: \"$words\" is not in: $(cat "$T/said")"
}

# migrate_db: the database, the three accounts without passwords, and the tables; twice is once.
migrate_db() {
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot <"$top_srcdir/sql/accounts.sql" ||
		fail "accounts.sql was not accepted"
	for account in rida_web rida_scheduler rida_admin; do
		sql "ALTER USER '$account'@'localhost' IDENTIFIED BY ''" mysql
	done
	"$top_builddir/scheduler/rida-admin" migrate || fail "rida-admin migrate"
}

# start_pool NAME OPTION...: one pool of rida.fcgi on $T/run/NAME.sock.
start_pool() {
	pool=$1
	shift
	rm -f "$T/run/$pool.sock"
	launch "fcgi-$pool" "$top_builddir/cgi/rida.fcgi" --config "$RIDA_CONFIG" --listen "$T/run/$pool.sock" "$@"
	wait_for 10 test -S "$T/run/$pool.sock" || fail "rida.fcgi ($pool) did not start: $(launched_log "fcgi-$pool")"
	# The web servers' workers run as another user when the test runs as root.
	chmod 0666 "$T/run/$pool.sock"
}

# start_fcgi: the reading pool and the submission pool, which has one worker more than submit_slots.
start_fcgi() {
	start_pool read --workers "${READ_WORKERS:-2}"
	start_pool submit --submit ${SUBMIT_WORKERS:+--workers "$SUBMIT_WORKERS"}
}

# run_scheduler [OPTION...]: one pass.
run_scheduler() {
	"$top_builddir/scheduler/rida-scheduler" --config "$RIDA_CONFIG" "$@"
}

# copy_static: the pages' files, where the web server's workers can read them.
copy_static() {
	rm -rf "$T/static" "$T/errors"
	mkdir -p "$T/static" "$T/errors"
	cp -R "$top_srcdir/cgi/static/." "$T/static" 2>/dev/null || :
	cp "$top_srcdir"/httpd-conf/errors/*.json "$T/errors"
	chmod -R a+rX "$T/static" "$T/errors"
}

# render TEMPLATE: a file of httpd-conf with this folder's places, on stdout.
render() {
	sed -e "s|@listen@|${LISTEN:-}|g" -e "s|@server_name@|localhost|g" -e "s|@rundir@|$T/run|g" \
		-e "s|@pkgdatadir@/static|$T/static|g" -e "s|@pkgdatadir@/errors|$T/errors|g" -e "s|@repodir@|$T/repos|g" \
		-e "s|@confdir@|$T/conf|g" -e "s|@sbindir@|$top_builddir/scheduler|g" "$1"
}

# write_passwords: users alice, bob, admin and gate, each with the password "secret".
write_passwords() {
	mkdir -p "$T/conf"
	for user in alice bob admin gate; do
		echo "$user:\$apr1\$ridatest\$9fyxsv1SuSvM1HvwSmm0Q/"
	done >"$T/conf/htpasswd"
}

# json FILTER FILE: one value of a JSON file, by jq.
json() {
	jq -r "$1" "$2"
}
