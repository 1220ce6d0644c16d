#!/bin/sh
# SPDX-License-Identifier: MIT
# Messages on their way out: a bus that is away holds up no build, all arrive after its return, and
# an operator sees what has not left and sends again what somebody misses.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
MISSING=$T/missing
start_scheduler_db "bus_file: $MISSING/messages"
admin=$top_builddir/scheduler/rida-admin

# shows TEXT: rida-admin messages says so.
shows() {
	"$admin" messages >"$T/shown" || fail "rida-admin messages ended with $?"
	grep -q "$1" "$T/shown" || fail "'$1' is not shown: $(cat "$T/shown")"
}

sent_of() {
	jq -r "select(.build == $1) | .seq" "$MISSING/messages" | tr '\n' ' '
}

a_bus_that_is_away_holds_up_no_build() {
	ID=$(insert 1 away- bash:0:ms-0)
	reach "$ID" ready
	shows '5 messages wait, 0 of them delayed; 0 are dead'
	shows 'the oldest that waits is of 20'
	shows 'the bus failed: .*No such file'
	shows 'it is tried again at 20'
	expect "numbers of events" "$(sql 'SELECT GROUP_CONCAT(event_no ORDER BY event_no) FROM events')" 1,2,3,4,5
}

everything_arrives_in_order_after_its_return() {
	mkdir "$MISSING"
	sql 'UPDATE leases SET retry_at = NULL'
	pass
	expect "messages" "$(sent_of "$ID")" '1 2 3 4 5 '
	shows '^0 messages wait'
	! grep 'the bus failed' "$T/shown" || fail "it works again"
}

a_message_is_sent_again_with_its_id() {
	message=$(sql "SELECT msg_id FROM outbox WHERE build_id = $ID AND seq = 2")
	"$admin" redeliver "$message"
	pass
	expect "messages" "$(sent_of "$ID")" '1 2 3 4 5 2 '
	expect "copies" "$(jq -r .id "$MISSING/messages" | grep -c "$message")" 2
	"$admin" redeliver "$ID"
	pass
	expect "messages" "$(sent_of "$ID")" '1 2 3 4 5 2 1 2 3 4 5 '
}

dead_messages_are_shown_and_revived() {
	sql "UPDATE outbox SET sent_at = NULL, dead_at = UTC_TIMESTAMP(6), tries = 12, problem = 'it is too long' WHERE build_id = $ID AND seq = 3"
	pass
	shows '^0 messages wait, 0 of them delayed; 1 are dead'
	shows "number 3 of build $ID: dead since 20.* after 12 tries: it is too long"
	"$admin" redeliver dead
	pass
	shows '; 0 are dead'
	expect "messages" "$(sent_of "$ID")" '1 2 3 4 5 2 1 2 3 4 5 3 '
}

what_is_not_kept_cannot_be_sent() {
	for wrong in 999999 00000000-0000-4000-8000-000000000000 -1 x "'"; do
		! "$admin" redeliver "$wrong" 2>"$T/problem" || fail "redeliver $wrong succeeds"
		[ -s "$T/problem" ] || fail "redeliver $wrong says nothing"
	done
}

# The thread that sends goes on beside the passes, and is waited for at the end.
messages_leave_while_passes_linger() {
	ID=$(insert 1 linger- bash:0:ms-50 make:0:ms-0 zsh:1:ms-50)
	run_scheduler --linger 4 || fail "the scheduler ended with $?"
	expect "state" "$(state_of "$ID")" ready
	expect "messages" "$(sent_of "$ID")" '1 2 3 4 5 '
}

run_tests a_bus_that_is_away_holds_up_no_build everything_arrives_in_order_after_its_return \
	a_message_is_sent_again_with_its_id dead_messages_are_shown_and_revived what_is_not_kept_cannot_be_sent \
	messages_leave_while_passes_linger
