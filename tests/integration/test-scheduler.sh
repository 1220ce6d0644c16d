#!/bin/sh
# SPDX-License-Identifier: MIT
# Whole lives of builds with the memory builder, by real passes of rida-scheduler over a real database.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need flock
start_scheduler_db

a_module_is_built_batch_by_batch() {
	id=$(insert 1 good bash:0 gcc:0::9 zsh:5)
	reach "$id" ready
	expect "events" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $id")" 0,1,2,3,5
	expect "order of tasks" "$(jq -r "select(.event == \"submit\" and .build == $id) | .component" "$LEDGER" | tr '\n' ' ')" \
		'module-build-macros gcc bash zsh '
	expect "final document" "$(sql "SELECT COUNT(*) FROM modulemds WHERE build_id = $id AND kind = 2")" 1
	expect "untagged components" "$(sql "SELECT COUNT(*) FROM components WHERE build_id = $id AND NOT tagged")" 0
}

a_failure_ends_its_batch_and_resuming_keeps_what_was_built() {
	id=$(insert 1 shaky bash:0:fail-first make:0:ms-300 zsh:5)
	reach "$id" failed
	expect "reason" "$(sql "SELECT state_reason FROM builds WHERE id = $id")" 'Component(s) bash failed to build.'
	expect "failure type" "$(sql "SELECT failure_type FROM builds WHERE id = $id")" 1
	expect "the sibling" "$(sql "SELECT state FROM components WHERE build_id = $id AND name = 'make'")" 1
	expect "tasks of the next batch" "$(tasks_of "$id" zsh)" 0
	expect "excerpts" "$(sql "SELECT COUNT(*) FROM log_excerpts WHERE build_id = $id")" 1
	ask "$id" 3 bob
	reach "$id" ready
	expect "tasks of macros, bash, make, zsh" \
		"$(tasks_of "$id" module-build-macros) $(tasks_of "$id" bash) $(tasks_of "$id" make) $(tasks_of "$id" zsh)" '1 2 1 1'
	expect "attempts of bash" "$(sql "SELECT GROUP_CONCAT(CONCAT(a.attempt, ':', a.epoch, ':', a.state) ORDER BY a.id) FROM attempts a JOIN components c ON c.id = a.component_id WHERE c.build_id = $id AND c.name = 'bash'")" 1:1:3,2:2:1
	expect "events" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $id")" 0,1,2,4,1,2,3,5
}

a_lost_task_is_a_lost_attempt_and_the_third_fails_its_component() {
	id=$(insert 1 unlucky bash:0:vanish-first)
	reach "$id" ready
	expect "attempts of bash" "$(sql "SELECT GROUP_CONCAT(CONCAT(a.attempt, ':', a.state) ORDER BY a.id) FROM attempts a JOIN components c ON c.id = a.component_id WHERE c.build_id = $id AND c.name = 'bash'")" 1:3,2:1
	id=$(insert 1 doomed bash:0:vanish)
	reach "$id" failed
	expect "tasks of bash" "$(tasks_of "$id" bash)" 3
	expect "why it failed" "$(sql "SELECT state_reason LIKE '%ended without a result%' FROM components WHERE build_id = $id AND name = 'bash'")" 1
	ask "$id" 3 bob
	run_scheduler
	reach "$id" failed
	expect "tasks of bash after resuming" "$(tasks_of "$id" bash)" 6
}

a_build_is_cancelled_from_each_state() {
	id=$(insert 1 cancel-init bash)
	ask "$id" 1 bob
	reach "$id" failed
	expect "states" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $id")" 0,4
	expect "reason" "$(sql "SELECT state_reason FROM builds WHERE id = $id")" 'Canceled by bob.'

	configure_scheduler 'num_concurrent_builds: 1'
	holder=$(insert 1 cancel-build bash:0:hang)
	reach "$holder" build
	run_scheduler
	id=$(insert 1 cancel-wait bash)
	run_scheduler
	expect "a build without a slot" "$(state_of "$id")" wait
	ask "$id" 1
	reach "$id" failed
	expect "states" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $id")" 0,1,4

	ask "$holder" 1
	reach "$holder" failed
	run_scheduler
	expect "cancelled tasks" "$(jq -r 'select(.event == "cancel") | .task' "$LEDGER" | wc -l)" 1
	expect "the component" "$(sql "SELECT CONCAT(state, ' ', task_state) FROM components WHERE build_id = $holder AND name = 'bash'")" '3 3'
	expect "its buildroot is gone" "$(sql "SELECT is_cleaned FROM builds WHERE id = $holder")" 1
	configure_scheduler

	ask "$holder" 1
	run_scheduler
	expect "a second cancel" "$(sql "SELECT outcome FROM requests WHERE build_id = $holder ORDER BY id DESC LIMIT 1")" 'refused: the build is failed'
}

a_gate_holds_done_builds_back() {
	configure_scheduler 'gate: external'
	id=$(insert 1 gated bash)
	reach "$id" done
	run_scheduler
	expect "state" "$(state_of "$id")" done
	ask "$id" 2 gatekeeper
	reach "$id" ready
	configure_scheduler
	ask "$id" 4
	reach "$id" garbage
}

errors_stay_with_their_build_until_it_is_set_aside() {
	configure_scheduler 'quarantine_attempts: 3'
	id=$(insert 1 poison bash)
	other=$(insert 1 healthy bash)
	echo '{"event": "fault", "slot": "prepare", "name": "poison", "code": "unavailable", "times": 4}' >>"$LEDGER"
	reach "$other" ready 2>>"$T/scheduler.log"
	for _ in 1 2 3; do
		expect "quarantine" "$(sql "SELECT quarantined_at IS NOT NULL FROM claims WHERE build_id = $id")" 0
		sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
		run_scheduler 2>>"$T/scheduler.log"
	done
	expect "quarantine" "$(sql "SELECT quarantined_at IS NOT NULL FROM claims WHERE build_id = $id")" 1
	expect "its last error" "$(sql "SELECT last_error FROM claims WHERE build_id = $id")" 'prepare: a planned fault'
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler
	expect "state" "$(state_of "$id")" build
	ask "$id" 5
	reach "$id" ready
	configure_scheduler
}

a_repository_that_always_fails_sets_its_build_aside() {
	configure_scheduler 'quarantine_attempts: 3'
	id=$(insert 1 norepo bash)
	echo '{"event": "fault", "slot": "repo-ready", "name": "norepo", "code": "unacceptable", "times": 4}' >>"$LEDGER"
	for pass in 1 2 3; do
		until [ "$(sql "SELECT SUM(tries) + COUNT(*) FROM effects WHERE build_id = $id AND kind = 4 AND (SELECT last_error FROM claims WHERE build_id = $id) <> ''")" = "$pass" ]; do
			expect "quarantine" "$(sql "SELECT quarantined_at IS NOT NULL FROM claims WHERE build_id = $id")" 0
			sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
			run_scheduler 2>>"$T/scheduler.log"
		done
	done
	expect "quarantine" "$(sql "SELECT quarantined_at IS NOT NULL FROM claims WHERE build_id = $id")" 1
	expect "its last error" "$(sql "SELECT last_error FROM claims WHERE build_id = $id")" 'repo-ready: a planned fault'
	ask "$id" 5
	PASSES=1000 reach "$id" ready 2>>"$T/scheduler.log"
	configure_scheduler
}

a_step_that_is_refused_fails_its_build() {
	id=$(insert 1 refused bash)
	echo '{"event": "fault", "slot": "prepare", "name": "refused", "code": "unacceptable", "times": 1}' >>"$LEDGER"
	reach "$id" failed
	expect "reason" "$(sql "SELECT CONCAT(failure_type, ' ', state_reason) FROM builds WHERE id = $id")" '1 prepare: a planned fault'
}

an_unknown_outcome_is_looked_for_and_not_repeated() {
	id=$(insert 1 doubtful bash)
	echo '{"event": "fault", "slot": "submit", "name": "bash", "code": "unknown-outcome", "times": 1}' >>"$LEDGER"
	for _ in $(seq 60); do
		[ "$(state_of "$id")" != ready ] || break
		sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id AND due_at IS NOT NULL"
		run_scheduler 2>>"$T/scheduler.log"
	done
	expect "state" "$(state_of "$id")" ready
	expect "tasks" "$(tasks_of "$id" bash)" 1
}

an_absent_builder_counts_against_nobody() {
	id=$(insert 1 outage bash:0:ms-0)
	configure_scheduler "memory_builder_file: $T/nowhere/memory.jsonl"
	for _ in 1 2 3; do
		sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
		run_scheduler 2>>"$T/scheduler.log"
	done
	expect "attempts" "$(sql "SELECT attempts FROM claims WHERE build_id = $id")" 0
	configure_scheduler
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	reach "$id" ready
}

a_builder_that_answers_nothing_cannot_hold_up_a_cancel() {
	id=$(insert 1 silent bash:0:hang)
	reach "$id" build
	run_scheduler
	echo '{"event": "fault", "slot": "poll", "name": "silent", "code": "unavailable", "times": 50}' >>"$LEDGER"
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler 2>>"$T/scheduler.log"
	expect "its last error" "$(sql "SELECT last_error FROM claims WHERE build_id = $id")" 'poll: a planned fault'
	ask "$id" 1
	run_scheduler 2>>"$T/scheduler.log"
	expect "state" "$(state_of "$id")" failed
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler
	expect "its buildroot is gone" "$(sql "SELECT is_cleaned FROM builds WHERE id = $id")" 1
}

# has_passed MILLISECONDS SINCE
has_passed() {
	[ $((($(date +%s%N) - $2) / 1000000)) -gt "$1" ]
}

a_task_that_is_lost_after_a_cancel_ends_its_component() {
	id=$(insert 1 gone bash:0:vanish.ms-100)
	reach "$id" build
	while [ "$(tasks_of "$id" bash)" = 0 ]; do
		run_scheduler
	done
	started=$(date +%s%N)
	echo '{"event": "fault", "slot": "poll", "name": "gone", "code": "unavailable", "times": 1}' >>"$LEDGER"
	ask "$id" 1
	run_scheduler 2>>"$T/scheduler.log"
	expect "state" "$(state_of "$id")" failed
	expect "the component" "$(sql "SELECT state FROM components WHERE build_id = $id AND name = 'bash'")" 0
	wait_for 5 has_passed 100 "$started" || fail "the clock stands still"
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler
	expect "the component" "$(sql "SELECT state FROM components WHERE build_id = $id AND name = 'bash'")" 3
}

old_builds_fail_or_become_garbage() {
	id=$(insert 1 stuck bash:0:hang)
	reach "$id" build
	sql "UPDATE builds SET gen = gen + 1, modified_at = UTC_TIMESTAMP(6) - INTERVAL 8 DAY WHERE id = $id"
	reach "$id" failed
	run_scheduler
	sql "UPDATE builds SET gen = gen + 1, modified_at = UTC_TIMESTAMP(6) - INTERVAL 200 DAY WHERE id = $id"
	reach "$id" garbage
	expect "discarded" "$(sql "SELECT is_discarded FROM builds WHERE id = $id")" 1
}

# One host: pass after pass until the crowd is ready.
run_host() {
	mkdir -p "$T/run$1"
	sed "s|^run_dir:.*|run_dir: $T/run$1|" "$RIDA_CONFIG" >"$T/rida$1.yaml"
	while ! [ -e "$T/crowd.ready" ]; do
		"$top_builddir/scheduler/rida-scheduler" --config "$T/rida$1.yaml" 2>>"$T/scheduler.log" || exit 1
	done
}

slots_hold_with_several_schedulers() {
	configure_scheduler 'num_concurrent_builds: 3' 'claim_batch: 3'
	first=$(sql "SELECT COALESCE(MAX(id), 0) FROM attempts")
	insert 16 crowd a:0:ms-1 b:0:ms-9 c:0:ms-4 d:1:ms-2 >"$T/crowd"
	hosts=
	for host in 1 2 3 4; do
		run_host "$host" &
		hosts="$hosts $!"
		remember $!
	done
	"$top_builddir/scheduler/rida-scheduler" --build "$(head -n 1 "$T/crowd")" --linger 60 2>>"$T/scheduler.log" &
	lingering=$!
	remember "$lingering"
	wait_for 60 crowd_is_ready || fail "the crowd is not ready: $(sql "SELECT id, state, state_reason FROM builds WHERE name LIKE 'crowd%'"; tail -5 "$T/scheduler.log")"
	touch "$T/crowd.ready"
	kill -TERM "$lingering"
	for pid in $lingering $hosts; do
		wait "$pid" || fail "a scheduler ended with $?: $(tail -5 "$T/scheduler.log")"
	done
	most=$(sql "SELECT MAX(n) FROM (SELECT (SELECT COUNT(*) FROM attempts b WHERE b.id > $first AND b.started_at <= a.started_at AND (b.finished_at IS NULL OR b.finished_at > a.started_at)) AS n FROM attempts a WHERE a.id > $first) AS t")
	expect "builds at once" "$most" 3
	configure_scheduler
}
crowd_is_ready() {
	[ "$(sql "SELECT COUNT(*) FROM builds WHERE name LIKE 'crowd%' AND state = 5")" -eq 16 ]
}

a_quiet_pass_changes_no_row_outside_claims() {
	configure_scheduler 'gate: external'
	insert 3 quiet-done bash >/dev/null
	insert 3 quiet-build bash:0:hang make:0:hang zsh:1 >/dev/null
	insert 3 quiet-failed bash:0:fail >/dev/null
	for _ in 1 2 3 4 5 6; do
		run_scheduler
	done
	checksums claims >"$T/before"
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6)"
	run_scheduler
	checksums claims >"$T/after"
	cmp "$T/before" "$T/after" || fail "a quiet pass wrote: $(diff "$T/before" "$T/after")"
	expect "claims without a look" "$(sql "SELECT COUNT(*) FROM claims WHERE attempts > 0 OR lease_until IS NOT NULL")" 0
}

a_dry_run_changes_nothing() {
	id=$(insert 1 dry bash)
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6)"
	checksums >"$T/before"
	run_scheduler --dry-run >"$T/plan"
	checksums >"$T/after"
	cmp "$T/before" "$T/after" || fail "a dry run wrote: $(diff "$T/before" "$T/after")"
	grep -q "^build $id in init: to wait$" "$T/plan" || fail "the plan lacks the build: $(cat "$T/plan")"
	run_scheduler --build "$id" --dry-run >"$T/plan"
	expect "lines of one build's plan" "$(wc -l <"$T/plan")" 1
	configure_scheduler 'num_concurrent_builds: 0'
	reach "$id" ready
}

claims_of_a_killed_pass_are_taken_over_at_once() {
	id=$(insert 1 orphaned bash)
	sql "UPDATE claims SET holder = CONCAT('$(uname -n)', ' gone/pid:[1] 1 1'), token = token + 1, lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE build_id = $id"
	reach "$id" ready
}

a_retired_module_is_garbage_first_and_then_its_repository_goes() {
	id=$(insert 1 retired bash)
	reach "$id" ready
	echo '{"event": "fault", "slot": "discard", "name": "retired", "code": "unavailable", "times": 1}' >>"$LEDGER"
	ask "$id" 4 bob
	run_scheduler
	expect "state and what is left" "$(sql "SELECT CONCAT(state, ' ', is_discarded, ' ', state_reason) FROM builds WHERE id = $id")" '6 0 Retired by bob.'
	expect "the request" "$(sql "SELECT COUNT(*) FROM requests WHERE build_id = $id AND done_at IS NULL")" 0
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler
	expect "what is left" "$(sql "SELECT is_discarded FROM builds WHERE id = $id")" 1
	expect "due again" "$(sql "SELECT COUNT(*) FROM claims WHERE build_id = $id AND due_at IS NOT NULL")" 0
	expect "events" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $id")" 0,1,2,3,5,6
}

programs_end_as_they_should() {
	sed "s|^db_socket:.*|db_socket: $T/nowhere|" "$RIDA_CONFIG" >"$T/away.yaml"
	status=0
	"$top_builddir/scheduler/rida-scheduler" --config "$T/away.yaml" 2>>"$T/scheduler.log" || status=$?
	expect "exit status without a database" "$status" 75
	status=0
	"$top_builddir/scheduler/rida-scheduler" --config "$T/nowhere.yaml" 2>>"$T/scheduler.log" || status=$?
	expect "exit status without a configuration" "$status" 78
	(
		flock 9
		run_scheduler || fail "an overlapping start ended with $?"
	) 9>"$T/run/scheduler.lock"
	"$top_builddir/scheduler/rida-scheduler" --print-machine | grep -q 'digraph machine' || fail "no graph"
	run_scheduler --show-config | grep -q '^num_concurrent_builds:' || fail "no configuration"
}

run_tests a_module_is_built_batch_by_batch a_failure_ends_its_batch_and_resuming_keeps_what_was_built \
	a_lost_task_is_a_lost_attempt_and_the_third_fails_its_component \
	a_build_is_cancelled_from_each_state a_gate_holds_done_builds_back \
	errors_stay_with_their_build_until_it_is_set_aside a_step_that_is_refused_fails_its_build \
	a_repository_that_always_fails_sets_its_build_aside \
	an_unknown_outcome_is_looked_for_and_not_repeated an_absent_builder_counts_against_nobody \
	a_builder_that_answers_nothing_cannot_hold_up_a_cancel a_task_that_is_lost_after_a_cancel_ends_its_component old_builds_fail_or_become_garbage slots_hold_with_several_schedulers \
	a_retired_module_is_garbage_first_and_then_its_repository_goes \
	claims_of_a_killed_pass_are_taken_over_at_once programs_end_as_they_should \
	a_quiet_pass_changes_no_row_outside_claims a_dry_run_changes_nothing
run_scheduler
check_invariants
