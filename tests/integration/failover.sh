# SPDX-License-Identifier: MIT
# A database that goes on at an earlier moment, on another server or on the same; source it after scheduler.sh.
admin=$top_builddir/scheduler/rida-admin
SERVER=1

# keep_copy: the database as it is now, as a replica that gets no further, or a backup.
keep_copy() {
	mariadb-dump --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot --single-transaction rida >"$T/copy.sql" ||
		fail 'the copy failed'
}

# note_seen: what clients and receivers have seen until now.
note_seen() {
	SEEN_BUILD=$(sql 'SELECT COALESCE(MAX(id), 0) FROM builds')
	SEEN_EVENT=$(sql 'SELECT COALESCE(MAX(event_no), 0) FROM events')
	SEEN_CHANGES=$(sql "SELECT value FROM counters WHERE name = 'changes'")
	sql 'SELECT uuid FROM builds ORDER BY 1' >"$T/uuids.before"
}

# put_back: the database is the copy.
put_back() {
	note_seen
	sql 'DROP DATABASE rida; CREATE DATABASE rida CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin' mysql
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <"$T/copy.sql" || fail 'the copy cannot be read'
	sql 'SELECT uuid FROM builds ORDER BY 1' >"$T/uuids.after"
}

# fail_over: another server is written from now on, and has lost what came after the copy.
fail_over() {
	stop "$MARIADB_PID"
	SERVER=$((SERVER + 1))
	start_mariadb --server-id=$SERVER
	put_back
	status=0
	run_scheduler >"$T/refused" 2>&1 || status=$?
	expect 'a pass on another server' "$status" 75
	grep -q 'written on another server' "$T/refused" || fail "a pass on another server says: $(cat "$T/refused")"
}

# check_says STATUS: what rida-admin check finds is in $T/findings.
check_says() {
	status=0
	"$admin" check >"$T/findings" 2>&1 || status=$?
	expect "the end of rida-admin check ($(cat "$T/findings"))" "$status" "$1"
}

# repair [OPTION]: what it says is in $T/repaired.
repair() {
	"$admin" repair "$@" >"$T/repaired" 2>&1 || fail "rida-admin repair: $(cat "$T/repaired")"
	grep -q 'is the writer now' "$T/repaired" || fail "it was not repaired: $(cat "$T/repaired")"
	none 'numbers of events that may have been seen' \
		"SELECT event_base FROM writer WHERE event_base < $SEEN_EVENT"
	none 'a counter that was seen' "SELECT value FROM counters WHERE name = 'changes' AND value <= $SEEN_CHANGES"
	: >"$T/sent.before"
	[ ! -e "$MESSAGES" ] || jq -c '{id, body}' "$MESSAGES" | sort -u >"$T/sent.before"
}

# check_repaired: no number or name that was seen before is used for something else.
check_repaired() {
	none 'new builds with seen ids' "SELECT id FROM builds WHERE id <= $SEEN_BUILD AND id > (SELECT doubt_id FROM writer)"
	none 'new events with seen numbers' "SELECT event_no FROM events WHERE at > (SELECT doubt_at FROM writer) AND event_no <= $SEEN_EVENT"
	twice=$(jq -r '{id, body} | tojson' "$MESSAGES" | sort -u | jq -r .id | sort | uniq -d)
	[ -z "$twice" ] || fail "messages of one id with two texts: $twice"
	none 'traces that do not chain' "SELECT t.build_id, t.seq FROM trace t WHERE NOT t.from_state <=>
		(SELECT p.to_state FROM trace p WHERE p.build_id = t.build_id AND p.seq < t.seq ORDER BY p.seq DESC LIMIT 1)"
	none 'messages without a number' 'SELECT id FROM outbox WHERE event_no IS NULL'
}
