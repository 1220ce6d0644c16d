#!/bin/sh
# SPDX-License-Identifier: MIT
# R06: rida-scheduler dies at calls to a Koji hub and at any other moment, and calls are made after its death: each task is
# there once, and nothing is lost. RIDA_TEST_KILLS: so often with each kind of hub; RIDA_TEST_SEED: which moments.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/koji.sh"
need nginx git curl jq rpmbuild bwrap python3
kills=${RIDA_TEST_KILLS:-${RIDA_TORTURE:+300}}
kills=${kills:-15}
seed=${RIDA_TEST_SEED:-1}
# So long may a call be on its way to an old hub; and so long rida waits for it.
LATE=700
SETTLE=3
METHODS='login getTag createTag packageListAdd setInheritanceData createBuildTarget rawUpload checkUpload getTaskInfo listTasks
	listTagged tagBuild newRepo repo[.]request getRepo CGInitBuild CGImport deleteBuildTarget logout'

# choices: "WAY METHOD PER-MILLE" lines without end; half of the methods are "build".
choices() {
	awk -v seed="$1" -v methods="$METHODS" 'BEGIN {
		srand(seed)
		count = split(methods, method)
		split("moment held held queued queued lost", way)
		for (;;)
			print way[1 + int(rand() * 6)], rand() < 0.5 ? "build" : method[1 + int(rand() * count)], int(rand() * 1000)
	}' 2>/dev/null
}

# post_some: as long as few modules are being built, there is another one.
post_some() {
	while [ "$(sql 'SELECT COUNT(*) FROM builds WHERE state NOT IN (4, 5)')" -lt 3 ]; do
		modules=$((${modules:-0} + 1))
		post "$kind$modules" "$(make_module "$kind$modules" one:0 two:0 three:1 four:2)"
	done
}

start_pass() {
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at < UTC_TIMESTAMP(6) + INTERVAL 1 HOUR'
	"$top_builddir/scheduler/rida-scheduler" >>"$T/log/scheduler" 2>&1 &
	pass_pid=$!
}

# end_pass: it has ended by itself or been killed; sets KILLED.
end_pass() {
	KILLED=0
	wait "$pass_pid" 2>/dev/null || KILLED=$?
	[ "$KILLED" -eq 0 ] || [ "$KILLED" -eq 137 ] || fail "seed $seed: a pass ended with $KILLED: $(launched_log scheduler)"
}

kill_pass() {
	kill -9 "$pass_pid" 2>/dev/null || :
	end_pass
}

trouble() {
	hub_control "{\"do\": \"trouble\", \"clear\": true, \"troubles\": [${1:-}]}"
}

is_held() {
	[ "$(hub_control '{"do": "held"}')" != 0 ]
}

# At a random moment.
die_moment() {
	start_pass
	sleep "0.$(printf %03d $(($2 / 5)))"
	kill_pass
	[ "$KILLED" -eq 137 ]
}

# In a call that the hub makes when nobody waits for it any longer: STAGE METHOD PER-MILLE.
die_in_call() {
	trouble "{\"what\": \"hold\", \"method\": \"$2\", \"stage\": \"$1\", \"ms\": $(($3 * LATE / 1000 + 100))}" >/dev/null
	start_pass
	until is_held; do
		is_gone "$pass_pid" && break
	done
	kill_pass
	trouble >/dev/null
	[ "$KILLED" -eq 137 ]
}
die_held() {
	die_in_call running "$@"
}
die_queued() {
	die_in_call queued "$@"
}

# The answer does not come, and there is a pass right after.
die_lost() {
	trouble "{\"what\": \"lose\", \"method\": \"$1\"}" >/dev/null
	start_pass
	end_pass
	left=$(hub_control '{"do": "trouble"}')
	trouble >/dev/null
	[ "$left" = '[0]' ]
}

# finish: everything that was begun ends well.
finish() {
	for _ in $(seq 300); do
		[ "$(sql 'SELECT COUNT(*) FROM builds WHERE state <> 5')" -ne 0 ] || return 0
		pass
	done
	fail "seed $seed: not ready: $(sql "SELECT id, state, state_reason FROM builds WHERE state <> 5; SELECT * FROM claims WHERE last_error <> ''; SELECT build_id, name, state, task_id, state_reason FROM components WHERE state <> 1")"
}

# judge: sets VIOLATIONS, what happened twice or never.
judge() {
	hub_control '{"do": "ledger"}' >"$T/ledger"
	twice=$(jq .duplicates "$T/ledger")
	of_kind="FROM components c JOIN builds b ON b.id = c.build_id WHERE b.name LIKE '$kind%'"
	lost=$(sql "SELECT COUNT(*) $of_kind AND (c.state <> 1 OR NOT c.tagged OR c.task_id = 0)")
	again=$(($(jq .tasks "$T/ledger") - $(sql "SELECT COUNT(*) $of_kind")))
	VIOLATIONS=$((twice + lost + again))
	[ "$VIOLATIONS" -eq 0 ] || note "seed $seed: $twice duplicates, $lost lost, $again more tasks than components: $(jq -c '.keys | to_entries[] | select(.value | length > 1)' "$T/ledger")"
	jq -c '.keys | to_entries[] | .key as $key | .value[] | {event: "submit", key: $key}' "$T/ledger" >>"$LEDGER"
}

# trials KIND: kills with one kind of hub.
trials() {
	kind=$1
	done=0 tries=0 modules=0
	choices "$seed" | head -n $((kills * 20)) >"$T/choices"
	while [ "$done" -lt "$kills" ] && read -r way method per_mille; do
		post_some
		tries=$((tries + 1))
		! "die_$way" "$method" "$per_mille" || done=$((done + 1))
	done <"$T/choices"
	trouble >/dev/null
	finish
	# Whoever died while it sent messages is waited for half a minute.
	sql "UPDATE leases SET holder = ''"
	pass
	judge
	note "R06-scheduler-$kind $done/$kills $VIOLATIONS violations; $tries passes, $modules modules, $(jq .tasks "$T/ledger") tasks, seed $seed"
	[ "$done" -eq "$kills" ] && [ "$VIOLATIONS" -eq 0 ] || fail "R06 with a $kind hub"
	check_invariants
}

r06_a_new_hub_starts_each_task_once() {
	configure_koji 'num_concurrent_builds: 3'
	trials new
}

r06_an_old_hub_starts_each_task_once() {
	hub_control '{"do": "reset"}' >/dev/null
	hub_forget
	load_koji
	hub_control '{"do": "set", "version": "1.21.0", "check_callnum": false}' >/dev/null
	configure_koji 'num_concurrent_builds: 3' "koji_settle_seconds: $SETTLE" 'quarantine_attempts: 1000'
	trials old
}

start_koji
run_tests r06_a_new_hub_starts_each_task_once r06_an_old_hub_starts_each_task_once
