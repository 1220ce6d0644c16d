#!/bin/sh
# SPDX-License-Identifier: MIT
# Whoever submits to a Koji hub dies at any moment, and the hub does what it was sent when it likes: each submission
# becomes one task. With a hub that can end sessions, and with an old one, which is given time.
# KOJI_TRIALS says how often; KOJI_SEED where the numbers begin.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/koji_tasks.sh"
trials=${KOJI_TRIALS:-${RIDA_TORTURE:+300}}
trials=${trials:-8}
dice=${KOJI_SEED:-$(date +%s)}
note "$trials trials each, KOJI_SEED=$dice"

# roll SIDES: a number below it, in ROLLED.
roll() {
	dice=$(((dice * 1103515245 + 12345) % 2147483648))
	ROLLED=$((dice / 65536 % $1))
}

# start_any ELEMENTS: the sender dies after some milliseconds, wherever it is; sets SESSION, empty: it had none.
start_any() {
	roll 40
	timeout -s KILL "$(printf '0.%03d' $((ROLLED + 5)))" "$TASKS" -c "$T/hub.conf" -s "$T/state" session - submit "$1" \
		>"$T/lost" 2>&1 || :
	SESSION=$(sed -n '1s/^\([0-9][0-9]*\)$/\1/p' "$T/lost")
}

# lose NUMBER: sets ELEMENTS, whose submission nobody knows of.
lose() {
	ELEMENTS=t$1a/hang,t$1b/hang
	roll 3
	case $ROLLED in
	0) start_lost running "$ELEMENTS" ;;
	1) start_lost queued "$ELEMENTS" ;;
	2) start_any "$ELEMENTS" ;;
	esac
}

# look AGE: looks for both; sent so many seconds ago.
look() {
	tasks recover "t$trial""a/hang/$SESSION/$1,t$trial""b/hang/$SESSION/$1"
}

# finish: what was not found is submitted once more.
finish() {
	again_list=$(sed -n 's|^\([^ ]*\) unknown$|\1/hang|p' "$T/said" | paste -sd , -)
	[ -z "$again_list" ] || tasks submit "$again_list"
	! grep -qv ' task ' "$T/said" || fail "trial $trial: $(cat "$T/said")"
}

# The late call is let go before, while or after it is looked for.
a_session_that_is_ended_makes_no_second_task() {
	for trial in $(seq "$trials"); do
		lose "$trial"
		[ -n "$SESSION" ] || SESSION=0
		roll 3
		[ "$ROLLED" -ne 0 ] || release
		(
			sleep "0.$ROLLED"
			release
		) &
		releasing=$!
		if [ "$SESSION" -eq 0 ]; then
			look 100000
		else
			look 1
		fi
		finish
		wait "$releasing"
		release
		wait_for 10 held 0 || fail "trial $trial: the call is still held"
	done
	check_ledger
}

# Until time is over nothing is said of what is not there, and then the call has ended one way or the other.
an_old_hub_makes_no_second_task() {
	for trial in $(seq "$trials"); do
		lose "$trial"
		[ -n "$SESSION" ] || SESSION=1
		look 1
		! grep -q 'unknown$' "$T/said" || fail "trial $trial: said too early: $(cat "$T/said")"
		release
		wait_for 10 held 0 || fail "trial $trial: the call is still held"
		look 100000
		finish
	done
	check_ledger
}

check_ledger() {
	hub_control '{"do": "ledger"}' | python3 -c 'import json, sys
found = json.load(sys.stdin)
if found["duplicates"] or len(found["keys"]) != 2 * int(sys.argv[1]):
    sys.exit(f"{found}")' "$trials" || fail "not one task for each submission"
	note "R06-submit $trials/$trials 0 violations"
}

a_hub
run_tests a_session_that_is_ended_makes_no_second_task
a_hub --old
run_tests an_old_hub_makes_no_second_task
