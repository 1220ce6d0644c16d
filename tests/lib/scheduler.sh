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
	twice=$(jq -r 'select(.event == "submit") | .key' "$LEDGER" | sort | uniq -d)
	[ -z "$twice" ] || fail "keys with two tasks: $twice"
	none "tasks without an attempt" "SELECT a.id FROM attempts a LEFT JOIN effects e ON e.idem_key = a.idem_key WHERE e.id IS NULL"
	for table in trace outbox; do
		none "gaps in $table" "SELECT b.id, b.event_seq, COUNT(t.seq) FROM builds b LEFT JOIN $table t ON t.build_id = b.id GROUP BY b.id HAVING COUNT(t.seq) <> b.event_seq OR MIN(t.seq) <> 1 OR MAX(t.seq) <> b.event_seq"
	done
	none "traces that do not chain" "SELECT t.build_id, t.seq FROM trace t LEFT JOIN trace p ON p.build_id = t.build_id AND p.seq = t.seq - 1 WHERE NOT (t.from_state <=> p.to_state)"
	none "traces that end elsewhere" "SELECT b.id FROM builds b JOIN trace t ON t.build_id = b.id AND t.seq = b.event_seq WHERE t.to_state <> b.state"
	none "messages with another state than the trace" "SELECT t.build_id, t.seq FROM trace t JOIN outbox o USING (build_id, seq) WHERE JSON_VALUE(o.body, '\$.state') <> t.to_state"
	none "ended builds with components that build" "SELECT b.id FROM builds b JOIN components c ON c.build_id = b.id WHERE b.state IN (3, 4, 5, 6) AND c.state = 0"
	none "ended builds with open intents" "SELECT b.id, e.kind FROM builds b JOIN effects e ON e.build_id = b.id WHERE b.state IN (3, 4, 5, 6) AND e.state = 0"
	none "claims that are still held" "SELECT build_id FROM claims WHERE lease_until IS NOT NULL"
	none "unsent messages" "SELECT id FROM outbox WHERE sent_at IS NULL"
	sql "SELECT msg_id FROM outbox ORDER BY 1" >"$T/ids.rows"
	jq -r .id "$MESSAGES" | sort -u >"$T/ids.sent"
	cmp -s "$T/ids.rows" "$T/ids.sent" || fail "the bus did not get each message: $(diff "$T/ids.rows" "$T/ids.sent" | head -3)"
}

# checksums [TABLE-TO-LEAVE-OUT]: of all tables.
checksums() {
	for table in $(sql 'SHOW TABLES'); do
		[ "$table" = "${1:-}" ] || sql "CHECKSUM TABLE $table"
	done
}
