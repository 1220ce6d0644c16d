#!/bin/sh
# SPDX-License-Identifier: MIT
# With the stand-in for a Koji hub: a pass over 1,000 builds of 100 components, ten of each running, that finds nothing
# changed; beside it, asking for each task alone. And the submission of a batch of 200 components.
. "$top_srcdir/tests/bench/bench.sh"
. "$top_srcdir/tests/lib/hub.sh"
need jq
PROBE=$top_builddir/tests/integration/koji_probe
BUILDS=${BUILDS:-1000}
RUNNING=10
SAMPLE=500
BATCH=200

configure() {
	write_config 'log_level: info' 'builder: koji' 'koji_profile: hub' "koji_config: $T/koji.conf" 'due_koji: 0' \
		'pass_budget: 600' 'lease: 600' "num_concurrent_builds: $1"
}

# seed_hub BUILDS COMPONENTS RUNNING NAME
seed_hub() {
	hub_control "{\"do\": \"seed\", \"modules\": $1, \"components\": $2, \"running\": $3, \"name\": \"$4\",
		\"component\": \"component-{component:03d}\"}" >"$T/seeded"
}

# as_seeded: the builds of the database are those that the hub has: all complete but the running tasks of each last batch.
as_seeded() {
	sql "UPDATE builds SET gen = gen + 1, builder = 'koji', tag = CONCAT('module-seed', id, '-master-1-c0ffee42'), target = tag,
			batch = 1 + 100 / $RUNNING, repo_batch = batch, dist = CONCAT('.module_master+1+c0ffee42.', id);
		UPDATE components SET task_id = (build_id - 1) * 100 + RIGHT(name, 3), attempt = 1,
			state = RIGHT(name, 3) <= 100 - $RUNNING, task_state = IF(state = 1, 2, 1), tagged = state,
			nvr = IF(state = 1, CONCAT(name, '-1.0-1.module_master+1+c0ffee42.', build_id), NULL)"
}

# asked METHOD...: how many HTTP requests of these methods there were.
asked() {
	hub_control '{"do": "log"}' | jq --arg methods "$*" '($methods | split(" ")) as $m | map(select(.[1] as $x | $m | index($x))) | length'
}

# alone: each task of a sample is asked for in a request of its own; microseconds for one.
alone() {
	set --
	for task in $(seq 91 "$((90 + SAMPLE))"); do
		set -- "$@" read "[[\"getTaskInfo\", [$task]]]"
	done
	time_alone=$(milliseconds "$PROBE" -p hub -c "$T/koji.conf" "$@")
	[ "$(grep -c '^ok {' "$T/timed")" -eq "$SAMPLE" ] || fail "not each task was told of: $(tail -3 "$T/timed")"
	echo $((time_alone * 1000 / SAMPLE))
}

a_quiet_pass() {
	seed_hub "$BUILDS" 100 "$RUNNING" 'seed{module}'
	seed "$BUILDS" 100 2 "$RUNNING"
	as_seeded
	configure $((BUILDS * RUNNING))
	for round in first measured; do
		sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6)'
		hub_forget
		peak "$top_builddir/scheduler/rida-scheduler"
	done
	[ "$(sql 'SELECT COUNT(*) FROM components WHERE state = 0 AND task_state = 1')" -eq $((BUILDS * RUNNING)) ] ||
		fail "the tasks do not run: $(tail -3 "$T/timed")"
	[ "$(sql "SELECT COUNT(*) FROM claims WHERE last_error <> ''")" -eq 0 ] || fail "errors: $(tail -3 "$T/timed")"
	requests=$(hub_counts | jq .requests)
	one=$(alone)
	figure koji-quiet-pass "$MS" ms
	figure koji-quiet-pass-memory $((KB / 1024)) MiB
	figure koji-quiet-pass-requests "$requests" requests
	figure koji-task-in-pass $((MS * 1000 / BUILDS / RUNNING)) us
	figure koji-task-alone "$one" us
	figure koji-quiet-pass "$(ratio "$MS" $((one * BUILDS * RUNNING / 1000)))" of-a-request-per-component
	[ "$requests" -le 15 ] || fail "$requests requests: $(hub_counts)"
}

a_large_batch() {
	sql 'DELETE FROM claims'
	hub_control '{"do": "rules", "rules": [{"package": "*", "outcome": "hang"}]}' >/dev/null
	seed_hub 1 0 0 large
	sql "INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, verification, owner, scmurl, \`commit\`,
			builder, dist, tag, target, batch, repo_batch, event_seq, is_prepared, submitted_at, modified_at)
		VALUES (UUID(), 'large', 'master', 1, 'c0ffee42', 2, '', 1, 'rida', '', '', 'koji', '.module+9', 'module-large-master-1-c0ffee42',
			'module-large-master-1-c0ffee42', 1, 2, 1, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
		SET @build = LAST_INSERT_ID();
		INSERT INTO components (build_id, name, repository, ref, \`commit\`, batch, state_reason)
		SELECT @build, CONCAT('large-', seq), CONCAT('https://git.example.org/rpms/large-', seq, '.git'), '', SHA1(seq), 2, '' FROM seq_1_to_$BATCH;
		INSERT INTO trace VALUES (@build, 1, 1, NULL, 2, '', '', UTC_TIMESTAMP(6));
		INSERT INTO modulemds VALUES (@build, 0, 'document: modulemd');
		INSERT INTO claims (build_id, due_at, last_error) VALUES (@build, UTC_TIMESTAMP(6), '')"
	configure 0
	hub_forget
	run_scheduler >"$T/timed" 2>&1
	started=$(sql "SELECT COUNT(*) FROM components WHERE name LIKE 'large-%' AND state = 0 AND task_id > 0")
	[ "$started" -eq "$BATCH" ] || fail "$started tasks were started: $(tail -3 "$T/timed") $(sql 'SELECT last_error FROM claims')"
	requests=$(($(hub_counts | jq .requests) - $(asked getTaskInfo logout)))
	figure koji-batch "$requests" requests-for-$BATCH-components
	[ "$requests" -le 3 ] || fail "$requests requests: $(hub_counts)"
}

start_bench_db
start_hub
hub_profile "$T/koji.conf"
configure 1
migrate_db >/dev/null
a_quiet_pass
a_large_batch
