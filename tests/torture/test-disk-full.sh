#!/bin/sh
# SPDX-License-Identifier: MIT
# D05: the disk under the database is full, again and again, until there is room. D06: it is full, or broken,
# under what rida writes itself. Nothing is lost, and builds end as they would have.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need python3
need_strace
seed=${RIDA_TEST_SEED:-1}
cases=${RIDA_TEST_CASES:-1}
[ -z "${RIDA_TORTURE:-}" ] || cases=20
rows=${RIDA_TEST_ROWS:-D05 D06}

# need_mounts: a file system of our own, in a namespace that ends with its process.
need_mounts() {
	unshare -m true 2>/dev/null && return
	[ -z "${CI:-}" ] || fail "file systems cannot be mounted here"
	note "file systems cannot be mounted here"
	exit 77
}

# inside COMMAND...: where the small disk is.
inside() {
	nsenter -t "$KEEPER" -m "$@"
}

# move_database: to a disk of 160 MB that nobody else sees.
move_database() {
	stop "$MARIADB_PID"
	launch keeper unshare -m sleep 3600
	KEEPER=$LAUNCHED
	namespaces_differ() { [ "$(readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$KEEPER/ns/mnt")" ]; }
	wait_for 5 namespaces_differ || fail "no namespace"
	mkdir -p "$T/small"
	inside mount -t tmpfs -o size=160m none "$T/small"
	inside cp -a "$T/db/data/." "$T/small/"
	inside chown --reference="$T/db/data" "$T/small"
	inside mount --bind "$T/small" "$T/db/data"
	IN_NAMESPACE="nsenter -t $KEEPER -m"
	start_mariadb
}

# step COMMAND...: ends within 10 s with 0 or 75.
step() {
	status=0
	timeout 10 "$@" >"$T/said" 2>&1 || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 75 ] || fail "case $case of seed $seed: $1 ended with $status: $(tail -3 "$T/said")"
}

all_is_over() {
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL; UPDATE leases SET lease_until = UTC_TIMESTAMP(6), retry_at = NULL;
		UPDATE outbox SET next_try_at = NULL'
	run_scheduler 2>>"$T/log/settling" || return 1
	[ -z "$(sql 'SELECT id FROM builds WHERE state <> 5 UNION SELECT id FROM outbox WHERE sent_at IS NULL')" ]
}

d05_a_database_without_room_loses_nothing() {
	need_mounts
	move_database
	fcgi=$top_builddir/cgi/rida.fcgi
	many=$(seq -f 'part%g' -s ' ' 60)
	for case in $(seq "$cases"); do
		troubles=0
		insert 3 "before$case-" bash:0:polls-1 gcc:0 zsh:1 >/dev/null
		inside dd if=/dev/zero of="$T/small/ballast" bs=64k 2>/dev/null || :
		for _ in $(seq $((4 + (seed + case) % 4))); do
			insert 8 "full$case-$_-" $many >/dev/null 2>&1 || troubles=$((troubles + 1))
			step "$top_builddir/scheduler/rida-scheduler"
			began=$(date +%s)
			env -i PATH="$PATH" RIDA_CONFIG="$RIDA_CONFIG" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=/rida/module-builds/ \
				SCRIPT_NAME= "$fcgi" </dev/null >"$T/answer" 2>/dev/null || :
			[ $(($(date +%s) - began)) -lt 6 ] || fail "case $case: the web took too long"
			grep -qE '^Status: (200|503)' "$T/answer" || fail "case $case: $(head -5 "$T/answer")"
		done
		[ "$troubles" -gt 0 ] || fail "case $case of seed $seed: nothing went wrong on a full disk"
		! is_gone "$MARIADB_PID" || deaths=$((deaths + 1))
		inside rm "$T/small/ballast"
		! is_gone "$MARIADB_PID" || start_mariadb
		wait_for 60 all_is_over || fail "case $case of seed $seed: $(sql 'SELECT id, name, state, state_reason FROM builds WHERE state <> 5')"
		check_invariants
		echo "D05 $case/20 0 violations" >"$T/count"
	done
	cat "$T/count"
	note "the database died $deaths times"
}

# With so many writes done, the rest of the pass's fail, or are cut short: of its log, of the bus, of the builder.
d06_a_pass_without_room_loses_nothing() {
	count=0
	for fault in write:error=ENOSPC write:error=EIO write:retval=1 fsync:error=EIO fdatasync:error=EIO rename:error=ENOSPC; do
		for case in $(seq "$cases"); do
			insert 1 "write$count-" bash:0:polls-1 gcc:0 zsh:1 >/dev/null
			when=$(((seed + case * 7) % 30 + case))
			status=0
			timeout 60 strace -qq -f -o /dev/null -e trace=none -e inject="$fault:when=$when+" \
				"$top_builddir/scheduler/rida-scheduler" >"$T/said" 2>&1 || status=$?
			case $status in 0 | 75) ;; *) fail "case $fault:$when+ ended with $status: $(tail -3 "$T/said")" ;; esac
			count=$((count + 1))
		done
		wait_for 60 all_is_over || fail "$fault: $(sql 'SELECT id, name, state, state_reason FROM builds WHERE state <> 5')"
		check_invariants
	done
	echo "D06-scheduler $count/20 0 violations"
}

# A log that cannot be written fails nothing.
d06_a_full_log_fails_nothing() {
	configure_scheduler 'log: /dev/full'
	insert 2 log- bash:0 zsh:1 >/dev/null
	wait_for 30 all_is_over || fail "the builds wait for the log"
	env -i PATH="$PATH" RIDA_CONFIG="$RIDA_CONFIG" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=/rida/module-builds/ \
		SCRIPT_NAME= "$top_builddir/cgi/rida.fcgi" </dev/null >"$T/answer" 2>/dev/null
	grep -q '^Status: 200' "$T/answer" || fail "$(head -5 "$T/answer")"
	configure_scheduler
	check_invariants
}

deaths=0
start_scheduler_db
case $rows in *D06*) run_tests d06_a_pass_without_room_loses_nothing d06_a_full_log_fails_nothing ;; esac
case $rows in *D05*) run_tests d05_a_database_without_room_loses_nothing ;; esac
