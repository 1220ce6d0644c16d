#!/bin/sh
# SPDX-License-Identifier: MIT
# One database server is written at a time: what the scheduler and the web do on one that takes no changes, and on
# another one than before.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
FRONT=cgi
. "$top_srcdir/tests/integration/ask.sh"
need git jq
admin=$top_builddir/scheduler/rida-admin
BUILDS=/rida/module-builds

submit_commit() {
	ask POST "$BUILDS/" -H 'Content-Type: application/json' -d "{\"scmurl\": \"$GIT_URL/held.git?#$COMMIT\"}"
}

# put_off WORDS WHAT: the last answer is a 503 that says when to ask again, and nothing of the server.
put_off() {
	problem 503 'Service Unavailable' "$1" "$2"
	header 'Retry-After: [0-9]+'
	body_lacks MariaDB
	body_lacks "$T"
}

# changes_are_put_off WORDS: submissions and changes are refused; who reads notices nothing.
changes_are_put_off() {
	ask PATCH "$BUILDS/$ID" -d '{"state": "failed"}'
	put_off "$1" 'a change'
	submit_commit
	put_off "$1" 'a submission'
	get "$BUILDS/$ID"
	get "$BUILDS/"
}

read_only() {
	sql "SET GLOBAL read_only = $1"
}

start() {
	start_scheduler_db 'submit_by: anyone' 'scm_allow: ["git://127.0.0.1/"]' 'log_level: info'
	write_tiny_document held
	mkdir -p "$T/git"
	COMMIT=$(make_repo "$T/git/held.git" "$T/held")
	start_git_daemon "$T/git"
	configure_scheduler 'submit_by: anyone' "scm_allow: [$GIT_URL/]" 'log_level: info'
	ID=$(insert 1 first bash:0:ms-0)
}

accounts_may_not_write_on_a_read_only_server() {
	for account in rida_web rida_scheduler rida_admin; do
		! sql "SHOW GRANTS FOR '$account'@'localhost'" mysql | grep -E 'READ.ONLY ADMIN|SUPER|ALL PRIVILEGES ON \*\.\*' ||
			fail "$account may write on a read-only server"
	done
}

a_read_only_server_is_left_alone_until_it_is_written() {
	read_only 1
	says 75 'this database node cannot be written' run_scheduler
	says 75 'this database node cannot be written' run_scheduler --linger 1
	changes_are_put_off 'being moved'
	read_only 0
	reach "$ID" ready
}

# It becomes read-only at any moment of passes, and is written again: nothing is lost or done twice.
a_server_that_becomes_read_only_in_a_pass_loses_nothing() {
	insert 12 busy bash:0:ms-20 make:0:ms-40 gcc:1:ms-10 >/dev/null
	seen=0
	for round in $(seq 1 40); do
		[ "$(sql 'SELECT COUNT(*) FROM builds WHERE state <> 5')" -gt 0 ] || break
		run_scheduler >"$T/said" 2>&1 &
		pass_pid=$!
		sleep "0.0$((round % 10))"
		read_only 1
		status=0
		wait "$pass_pid" || status=$?
		read_only 0
		case $status in
		0) ;;
		75)
			grep -q 'this database node cannot be written' "$T/said" || fail "it says: $(cat "$T/said")"
			seen=$((seen + 1))
			;;
		*) fail "a pass ended with $status: $(cat "$T/said")" ;;
		esac
	done
	[ "$seen" -ge 5 ] || fail "only $seen passes met a read-only server"
	for id in $(sql 'SELECT id FROM builds'); do
		reach "$id" ready
	done
	# The lease on the outbox that could not be given back is not waited for here.
	sql 'UPDATE leases SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND'
	pass
	check_invariants
	none 'quarantined builds' 'SELECT build_id FROM claims WHERE quarantined_at IS NOT NULL'
	note "$seen passes met a read-only server"
}

# git_is_asked: somebody is connected to its daemon.
git_is_asked() {
	awk -v port=":$(printf '%04X' "$GIT_PORT")" '$4 == "01" && substr($3, length($3) - 4) == port { found = 1 }
		END { exit !found }' /proc/net/tcp
}

# The check before it found a server that is written; the server changed while git was asked.
a_submission_in_whose_middle_the_server_becomes_read_only() {
	daemons="$GIT_DAEMON_PID $(pgrep -P "$GIT_DAEMON_PID")"
	kill -STOP $daemons
	(
		submit_commit
		echo "$STATUS" >"$T/status"
	) &
	submitter=$!
	wait_for 10 git_is_asked || fail "git was not asked: $(cat "$T/answer") $(tail -2 "$T/log.cgi")"
	read_only 1
	kill -CONT $daemons
	wait "$submitter"
	STATUS=$(cat "$T/status")
	put_off 'takes no changes now' 'a submission on the way'
	read_only 0
	expect 'what is left of it' "$(sql "SELECT COUNT(*) FROM builds WHERE name = 'held'")" 0
	submit_commit
	want 201 'the submission again'
	sql "UPDATE claims SET quarantined_at = UTC_TIMESTAMP(6)"
}

# The words of a cluster's node that is not ready, and of a server that goes down.
a_node_that_is_not_ready_is_told_too() {
	id=$(insert 1 unready bash:0:ms-0)
	sql "UPDATE builds SET owner = 'anonymous', gen = gen + 1 WHERE id = $id"
	for number in 1047 1053; do
		sql "CREATE TRIGGER unready BEFORE UPDATE ON claims FOR EACH ROW
			SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = $number, MESSAGE_TEXT = 'node is not ready'"
		says 75 "this database node cannot be written: node is not ready ($number)" run_scheduler
		ask PATCH "$BUILDS/$id" -d '{"state": "failed"}'
		put_off 'takes no changes now' 'a change'
		get "$BUILDS/$id"
		sql 'DROP TRIGGER unready'
	done
	reach "$id" ready
}

restart_as() {
	stop "$MARIADB_PID"
	start_mariadb --server-id="$1"
}

another_server_waits_for_an_operator() {
	ID=$(insert 1 moved bash:0:ms-0)
	restart_as 1
	pass
	restart_as 2
	says 75 'written on another server' run_scheduler
	grep -q 'rida-admin accept-writer' "$T/said" || fail "no way out is named: $(cat "$T/said")"
	says 75 'written on another server' run_scheduler
	changes_are_put_off 'being moved'
	says 1 'written on another server' "$admin" check
	says 0 'is the writer now' "$admin" accept-writer
	says 0 'is the writer now' "$admin" accept-writer
	reach "$ID" ready
	restart_as 3
	says 75 'written on another server' run_scheduler
	write_config 'db_watch_server: false' 'builder: memory' "memory_builder_file: $LEDGER"
	run_scheduler || fail 'it is watched although it should not be'
}

start
run_tests accounts_may_not_write_on_a_read_only_server a_read_only_server_is_left_alone_until_it_is_written \
	a_server_that_becomes_read_only_in_a_pass_loses_nothing a_submission_in_whose_middle_the_server_becomes_read_only \
	a_node_that_is_not_ready_is_told_too another_server_waits_for_an_operator
