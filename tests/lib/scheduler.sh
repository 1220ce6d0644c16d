# SPDX-License-Identifier: MIT
# Tests of the scheduler with the memory builder: a database, builds in it, and what must hold.
LEDGER=$T/memory.jsonl
MESSAGES=$T/state/messages.jsonl

# start_scheduler_db ['KEY: VALUE'...]: the database and a configuration in which nothing waits long.
start_scheduler_db() {
	need jq
	start_mariadb
	configure_scheduler "$@"
	migrate_db
}

configure_scheduler() {
	write_config 'log_level: warning' 'builder: memory' "memory_builder_file: $LEDGER" \
		'due_local: 0' 'due_init: 0' 'due_gate: 0' 'backoff_base: 1' 'backoff_max: 1' "$@"
}

# insert COUNT NAME COMPONENT[:ORDER[:REF[:WEIGHT]]]...: prints the ids.
insert() {
	"$top_builddir/tests/integration/scheduler_tool" "$@"
}

state_of() {
	sql "SELECT ELT(state + 1, 'init', 'wait', 'build', 'done', 'failed', 'ready', 'garbage') FROM builds WHERE id = $1"
}

# ask ID KIND [CALLER]: cancel 1, ready 2, resume 3, retire 4, release 5.
ask() {
	sql "INSERT INTO requests (build_id, kind, caller, created_at) VALUES ($1, $2, '${3:-ann}', UTC_TIMESTAMP(6))"
}

# pass: one pass; others may look at more, or wait for something before it.
pass() {
	run_scheduler || fail "the pass ended with $?"
}

# reach ID STATE: passes until the build is in that state.
reach() {
	for _ in $(seq "${PASSES:-60}"); do
		[ "$(state_of "$1")" != "$2" ] || return 0
		pass
	done
	fail "build $1 is $(state_of "$1") and not $2: $(sql "SELECT state_reason FROM builds WHERE id = $1"; sql "SELECT * FROM claims WHERE build_id = $1"; sql "SELECT name, state, task_id, task_state FROM components WHERE build_id = $1")"
}

# expect WHAT VALUE EXPECTED
expect() {
	[ "$2" = "$3" ] || fail "$1: $2 and not $3"
}

# none WHAT SQL: the statement finds no row.
none() {
	found=$(sql "$2")
	[ -z "$found" ] || fail "$1: $found"
}

# tasks_of BUILD COMPONENT: how many tasks the memory builder was given.
tasks_of() {
	jq -r "select(.event == \"submit\" and .build == $1 and .component == \"$2\") | .key" "$LEDGER" | wc -l
}

# check_invariants: what holds whatever has happened, once nothing runs.
check_invariants() {
	need_python pymysql
	"$top_srcdir/tests/torture/truth.py" "$RIDA_TEST_SOCKET" "$LEDGER" "$MESSAGES" || fail "what holds of all builds does not"
}

# checksums [TABLE-TO-LEAVE-OUT]: of all tables.
checksums() {
	for table in $(sql 'SHOW TABLES'); do
		[ "$table" = "${1:-}" ] || sql "CHECKSUM TABLE $table"
	done
}
