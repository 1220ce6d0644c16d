#!/bin/sh
# SPDX-License-Identifier: MIT
# Build tasks on a Koji hub: submitting, watching, losing the answer and finding the task again, cancelling.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/koji_tasks.sh"

# task_of: the number of the task that the line of $T/said speaks of.
task_of() {
	sed -n "${1:-1}s/.* task \([0-9]*\) .*/\1/p" "$T/said"
}

# ends ELEMENT: polled until it has ended.
has_ended() {
	tasks poll "$1"
	! grep -q ' free\| assigned\| open' "$T/said"
}
ends() {
	wait_for 20 has_ended "$1" || fail "it does not end: $(cat "$T/said")"
}

# count METHOD: the requests of it, alone or in others.
count() {
	hub_counts | python3 -c 'import json, sys
line = json.load(sys.stdin)["methods"].get(sys.argv[1], {})
print(line.get("http", 0) + line.get("inside", 0))' "$1"
}
requests_so_far() {
	hub_counts | python3 -c 'import json, sys; print(json.load(sys.stdin)["requests"])'
}

# as_rida KEY COMPONENT: a task that was submitted and forgotten; prints its number.
as_rida() {
	hub_control '{"do": "call", "user": "rida", "method": "build", "params": ["'"$GIT/$2"'?#f30", "'"$TARGET"'",
		{"skip_tag": true, "mbs_artifact_name": "'"$2"'", "mbs_module_target": "'"$TARGET"'", "rida_key": "'"$1"'"}]}'
}

components_are_built_fail_and_are_cancelled() {
	again
	tasks submit k1/good,k2/fail,k3/hang
	said 'k1 task * free' 'k2 task * free' 'k3 task * free'
	ledger k1 k2 k3
	first=$(task_of 1)
	ends "$first/k1/good"
	said "k1 task $first closed good-*-*.$DIST"
	ends "$((first + 1))/k2/fail"
	said "k2 task $((first + 1)) failed: *(task [0-9]*, build*)"
	tasks cancel "$((first + 2))/k3/hang,$first/k1/good" poll "$((first + 2))/k3/hang"
	said "k3 task $((first + 2)) canceled ready" "k1 task $first closed ready" \
		"k3 task $((first + 2)) canceled: *canceled*"
}

two_hundred_are_one_request() {
	again
	list=$(seq 200 | sed 's|.*|k&/c&|' | paste -sd , -)
	tasks submit "$list" counts -
	[ "$(count build)" -eq 200 ] && [ "$(tail -n 1 "$T/said")" = '2 requests' ] ||
		fail "$(count build) builds, $(tail -n 1 "$T/said")"
	[ "$(requests_so_far)" -eq 3 ] || fail "$(requests_so_far) requests with the logout"
}

macros_are_made_put_there_and_built() {
	again
	tasks submit k1/module-build-macros,k2/module-build-macros
	first=$(task_of 1)
	ends "$first/k1/module-build-macros"
	said "k1 task $first closed module-build-macros-0.1-1.$DIST"
	tasks recover lost/module-build-macros/0/1000
	said "lost task $first closed module-build-macros-0.1-1.$DIST"
	[ "$(count listTaggedRPMS)" -eq 1 ] || fail "not one list of packages"
	[ "$(ls -A "$T/state/koji")" = '' ] || fail "left: $(ls -A "$T/state/koji")"
}

what_is_not_acceptable_stops_no_other() {
	again
	hub_control '{"do": "trouble", "troubles": [{"what": "failure", "method": "build", "text": "policy violation"}]}' \
		>/dev/null
	tasks submit k1/good,k2/good
	said 'k1 unacceptable: *policy violation*' 'k2 task * free'
}

r06_a_call_that_is_done_after_the_crash_is_waited_for() {
	again
	start_lost running
	(sleep 0.5 && release) &
	releasing=$!
	tasks recover "k1/good/$SESSION/1,k2/good/$SESSION/1"
	said 'k1 task *' 'k2 unknown'
	ledger k1
	wait "$releasing"
}

r06_a_call_that_has_not_begun_never_does() {
	again
	start_lost queued
	tasks recover "k1/good/$SESSION/1" session - submit k1/good
	sed -n 1p "$T/said" | grep -qx 'k1 unknown' || fail "$(cat "$T/said")"
	release
	wait_for 10 held 0 || fail "the call is still held"
	ledger k1
}

r06_an_old_hub_is_given_time() {
	again
	start_lost running
	tasks recover "k1/good/$SESSION/1"
	said 'k1 unavailable outage: *until 20*'
	release
	wait_for 10 held 0 || fail "the call is still held"
	tasks recover "k1/good/$SESSION/2000,k2/good/$SESSION/2000"
	said 'k1 task *' 'k2 unknown'
	ledger k1
}

a_lost_answer_is_no_second_task() {
	again
	hub_control '{"do": "trouble", "troubles": [{"what": "lose", "method": "build", "next": 5}]}' >/dev/null
	tasks session - submit k1/good
	SESSION=$(sed -n 1p "$T/said")
	grep -q '^k1 unknown-outcome' "$T/said" || fail "$(cat "$T/said")"
	hub_control '{"do": "trouble", "clear": true}' >/dev/null
	tasks recover "k1/good/$SESSION/1"
	said 'k1 task *'
	ledger k1
}

a_session_that_was_ended_submits_nothing() {
	again
	hub_control '{"do": "trouble", "troubles": [{"what": "expire", "method": "build"}]}' >/dev/null
	tasks session - submit k1/good
	sed 1d "$T/said" | grep -q '^k1 unavailable' || fail "$(cat "$T/said")"
	ledger
}

of_two_tasks_with_a_key_the_older_is_adopted() {
	again
	older=$(as_rida k1 hang)
	younger=$(as_rida k1 hang)
	tasks recover k1/hang/0/1000 poll "$younger/k1/hang"
	said "k1 task $older *" "k1 task $younger canceled: *"
}

a_finished_orphan_is_found_by_key_and_by_release() {
	again
	task=$(as_rida k1 good)
	ends "$task/k1/good"
	tasks recover k1/good/0/1000,never/fail/0/1000
	said "k1 task $task closed good-*-*.$DIST" 'never unknown'
	tasks recover lost/good/0/1000
	said "lost task $task closed good-*-*.$DIST"
	tasks submit "next/good//2,next2/fail//2"
	said "next task $task closed good-*-*.$DIST" 'next2 task * free'
}

# spoiled METHOD FIELD STATE: in the answers of the method the field is nil; the task of $task stays what it is, or
# nothing is said of it.
spoiled() {
	hub_control '{"do": "trouble", "clear": true, "troubles": [{"what": "nil", "method": "'"$1"'", "field": "'"$2"'",
		"next": 50}]}' >/dev/null
	tasks poll "$task/k1/$3"
	grep -q "^k1 unavailable: \|^k1 task $task $4" "$T/said" || fail "$1 without $2: $(cat "$T/said")"
}

k02_nil_in_any_field_makes_no_state() {
	again
	task=$(as_rida k1 good)
	ends "$task/k1/good"
	for field in id method state request owner parent; do
		spoiled getTaskInfo "$field" good closed
	done
	for field in name version release nvr state task_id build_id; do
		spoiled listBuilds "$field" good closed
	done
	task=$(as_rida k1 fail)
	hub_control '{"do": "trouble", "clear": true}' >/dev/null
	ends "$task/k1/fail"
	for field in id method state request; do
		spoiled getTaskInfo "$field" fail failed
	done
	spoiled getTaskResult faultString fail failed
	hub_control '{"do": "trouble", "clear": true}' >/dev/null
}

k02_tasks_that_vanish_or_go_back_change_nothing() {
	again
	task=$(as_rida k1 hang)
	tasks poll "$task/k1/hang/5"
	said "k1 unavailable: task $task of component hang was failed, and Koji says that it is *"
	tasks poll "$task/other/hang" cancel "$task/other/hang" poll "$task/k1/hang"
	sed -n 2p "$T/said" | grep -q '^other unavailable: .*another key' || fail "$(cat "$T/said")"
	sed -n 3p "$T/said" | grep -q "^k1 task $task [a-z]*$" || fail "$(cat "$T/said")"
	hub_control '{"do": "task", "id": '"$task"', "gone": true}' >/dev/null
	tasks poll "$task/k1/hang" cancel "$task/k1/hang"
	said 'k1 unknown' 'k1 unknown ready'
}

a_closed_task_whose_build_is_gone_is_not_complete() {
	again
	task=$(as_rida k1 good)
	ends "$task/k1/good"
	for value in '[]' '[null]' 'null' '[{"build_id": 1}]'; do
		hub_control '{"do": "trouble", "clear": true, "troubles": [{"what": "result", "method": "listBuilds",
			"value": '"$value"'}]}' >/dev/null
		tasks poll "$task/k1/good"
		said 'k1 unavailable: *'
	done
}

an_outage_is_one() {
	again
	task=$(as_rida k1 hang)
	hub_control '{"do": "trouble", "troubles": [{"what": "offline", "next": 20}]}' >/dev/null
	tasks poll "$task/k1/hang,7/k2/hang" recover "k1/hang/3/9" cancel "$task/k1/hang" submit k9/good
	[ "$(grep -c '^k[0-9] unavailable outage: ' "$T/said")" -eq 5 ] || fail "$(cat "$T/said")"
	hub_control '{"do": "trouble", "clear": true}' >/dev/null
	ledger k1
}

a_thousand_tasks_are_a_request() {
	again
	hub_control '{"do": "seed", "modules": 25, "components": 100, "running": 99}' >/dev/null
	hub_forget
	tasks range 1/2500 counts -
	said '2475 open' '25 closed' '4 requests'
	[ "$(count getTaskInfo)" -eq 28 ] || fail "$(hub_counts)"
}

a_hub
run_tests components_are_built_fail_and_are_cancelled two_hundred_are_one_request \
	macros_are_made_put_there_and_built what_is_not_acceptable_stops_no_other \
	r06_a_call_that_is_done_after_the_crash_is_waited_for r06_a_call_that_has_not_begun_never_does \
	a_lost_answer_is_no_second_task a_session_that_was_ended_submits_nothing \
	of_two_tasks_with_a_key_the_older_is_adopted a_finished_orphan_is_found_by_key_and_by_release \
	k02_nil_in_any_field_makes_no_state k02_tasks_that_vanish_or_go_back_change_nothing \
	a_closed_task_whose_build_is_gone_is_not_complete an_outage_is_one a_thousand_tasks_are_a_request
a_hub --old
run_tests r06_an_old_hub_is_given_time components_are_built_fail_and_are_cancelled
