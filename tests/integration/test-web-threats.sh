#!/bin/sh
# SPDX-License-Identifier: MIT
# What strangers put into requests, asked of the pools themselves: SQL, control bytes, who may do
# what, and what errors and logs tell.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need python3 git

start_mariadb
mkdir -p "$T/git"
start_git_daemon "$T/git"

# serve ['KEY: VALUE'...]: new pools with this configuration.
serve() {
	for pool in ${READ_PID:-} ${SUBMIT_PID:-}; do
		stop "$pool"
	done
	write_config 'auth: front' 'submit_by: anyone' 'admins: [admin]' 'gate_users: [gate]' 'builder: memory' \
		'gate: external' "scm_allow: [$GIT_URL/]" "$@"
	start_pool read --workers 1
	READ_PID=$LAUNCHED
	start_pool submit --submit --workers 2
	SUBMIT_PID=$LAUNCHED
}

# threats NAME [ARGUMENT...]: calls the function of that name.
threats() {
	PYTHONPATH=$top_srcdir/tests/lib PYTHONDONTWRITEBYTECODE=1 \
		python3 "$top_srcdir/tests/integration/web_threats.py" "$T/run/read.sock" "$T/run/submit.sock" "$@" ||
		fail "$1: $(tail -3 "$T/log/fcgi-read")"
}

# Seven modules whose builds are alice's, one in each state, and seven builds of nobody.
GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_AUTHOR_DATE=$GIT_COMMITTER_DATE
export GIT_COMMITTER_DATE GIT_AUTHOR_DATE
SCMURLS=
write_config
migrate_db
for state in 0 1 2 3 4 5 6; do
	mkdir -p "$T/m$state"
	cat >"$T/m$state/m$state.yaml" <<-END
		document: modulemd
		version: 2
		data:
		  summary: A module
		  description: A module
		  license:
		    module: [MIT]
	END
	SCMURLS="$SCMURLS $GIT_URL/m$state.git?#$(make_repo "$T/git/m$state.git" "$T/m$state")"
	make_build $((state + 1)) "m$state" "$state"
	make_build $((state + 11)) "n$state" "$state" anonymous
done
rows "UPDATE builds SET version = 20200101000000, gen = gen + 1 WHERE id < 8"
make_build 99 foo 4

a8_each_cell_of_who_may_do_what_and_when() {
	for auth in none front; do
		for submit_by in nobody identified anyone; do
			serve "auth: $auth" "submit_by: $submit_by"
			# shellcheck disable=SC2086
			threats "$test_name" "$auth" "$submit_by" $SCMURLS
			rows 'DELETE FROM requests'
		done
	done
	grep -q 'warning anyone-may-submit' "$T/log/fcgi-read" || fail "nobody was told that anyone may submit"
	"$top_builddir/scheduler/rida-admin" check-config | grep -q 'submit_by: anyone' ||
		fail "check-config does not tell that anyone may submit"
}

a10_no_parameter_is_sql() {
	threats "$test_name"
}

a16_no_byte_of_a_request_ends_a_header() {
	threats "$test_name"
}

a20_no_error_tells_of_the_inside() {
	threats "$test_name"
	threats a20_what_is_broken_is_told_to_the_log_only "${SCMURLS##* }"
}

a17_each_line_of_the_log_is_a_line_of_ours() {
	rows "INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`, builder, submitted_at,
			modified_at) SELECT 98, UUID(), CONCAT('x', CHAR(10), '2026-01-01T00:00:00.000Z info forged', CHAR(27), '[2J'), 'a=b \"', 1, 'x', 1, '',
			CONCAT('o', CHAR(13)), scmurl, \`commit\`, CONCAT('b', CHAR(10), 'error x'), NOW(6), NOW(6) FROM builds WHERE id = 1;
		INSERT INTO claims (build_id, due_at, last_error) VALUES (98, NOW(6) - INTERVAL 1 HOUR, '')"
	run_scheduler >"$T/log/scheduler" 2>&1 || note "the pass ended with $?"
	grep -q 'build=98' "$T/log/scheduler" || fail "the pass told nothing of the planted build: $(cat "$T/log/scheduler")"
	threats "$test_name"
}

a20_a_database_that_is_away_is_told_without_its_place() {
	stop "$MARIADB_PID"
	threats "$test_name"
}

run_tests \
	a8_each_cell_of_who_may_do_what_and_when \
	a10_no_parameter_is_sql \
	a16_no_byte_of_a_request_ends_a_header \
	a20_no_error_tells_of_the_inside \
	a17_each_line_of_the_log_is_a_line_of_ours \
	a20_a_database_that_is_away_is_told_without_its_place
