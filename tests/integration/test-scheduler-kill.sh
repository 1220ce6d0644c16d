#!/bin/sh
# SPDX-License-Identifier: MIT
# A hundred times rida-scheduler dies by SIGKILL at a random moment of builds' lives: nothing is
# lost, nothing is built twice, and each build ends as it would have without. RIDA_TEST_SEED chooses
# the moments, RIDA_TEST_KILLS their number.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
seed=${RIDA_TEST_SEED:-1}
wanted=${RIDA_TEST_KILLS:-100}
start_scheduler_db 'num_concurrent_builds: 4' 'backoff_max: 1'
note "seed $seed"
awk -v seed="$seed" 'BEGIN { srand(seed); for (;;) printf "%.4f\n", rand() * rand() * 0.08 }' 2>/dev/null |
	head -n $((wanted * 20)) >"$T/moments"

# One build of each fate.
insert_wave() {
	insert 1 "good$1-" bash:0:ms-10 gcc:0:ms-30:9 make:0:ms-0 zsh:1:ms-5 >/dev/null
	insert 1 "bad$1-" bash:0:fail make:0:ms-10 zsh:1 >/dev/null
	insert 1 "again$1-" bash:0:fail-first.ms-10 make:0:ms-0 zsh:1 >/dev/null
	insert 1 "stop$1-" bash:0:hang make:0:ms-0 zsh:1 >/dev/null
	echo '{"event": "fault", "slot": "submit", "name": "gcc", "code": "unknown-outcome", "times": 1}' >>"$LEDGER"
}

# What people do: they resume what failed once, and cancel what hangs.
ask_people() {
	sql "INSERT INTO requests (build_id, kind, caller, created_at)
		SELECT id, 3, 'ann', UTC_TIMESTAMP(6) FROM builds b WHERE name LIKE 'again%' AND state = 4 AND epoch = 1
		AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.build_id = b.id);
	INSERT INTO requests (build_id, kind, caller, created_at)
		SELECT b.id, 1, 'ann', UTC_TIMESTAMP(6) FROM builds b JOIN components c ON c.build_id = b.id
		WHERE b.name LIKE 'stop%' AND b.state = 2 AND c.name = 'bash' AND c.task_id > 0
		AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.build_id = b.id)"
}

kills=0
round=0
while [ "$kills" -lt "$wanted" ] && read -r moment; do
	[ $((round % 8)) -ne 0 ] || insert_wave "$round"
	round=$((round + 1))
	run_scheduler 2>>"$T/scheduler.log" &
	pid=$!
	sleep "$moment"
	kill -9 "$pid" 2>/dev/null || :
	status=0
	wait "$pid" 2>/dev/null || status=$?
	case $status in
	0) ;;
	137) kills=$((kills + 1)) ;;
	*) fail "a pass ended with $status: $(tail -3 "$T/scheduler.log")" ;;
	esac
	ask_people
done <"$T/moments"
expect "kills" "$kills" "$wanted"

unsettled() {
	sql "SELECT COUNT(*) FROM builds WHERE (name LIKE 'good%' OR name LIKE 'again%') AND state <> 5 OR state NOT IN (4, 5) OR state = 4 AND NOT is_cleaned"
}
for _ in $(seq 200); do
	[ "$(unsettled)" -ne 0 ] || break
	run_scheduler 2>>"$T/scheduler.log"
	ask_people
done
expect "builds that did not end as without kills" "$(unsettled)" 0
run_scheduler
none "other fates" "SELECT id, name, state FROM builds WHERE state <> IF(name LIKE 'good%' OR name LIKE 'again%', 5, 4)"
none "other reasons" "SELECT id, state_reason FROM builds WHERE name LIKE 'bad%' AND state_reason <> 'Component(s) bash failed to build.' OR name LIKE 'stop%' AND state_reason <> 'Canceled by ann.'"
none "other attempts" "SELECT c.build_id, c.name, c.attempt FROM components c JOIN builds b ON b.id = c.build_id WHERE c.attempt <> IF(b.state = 4 AND c.name = 'zsh', 0, IF(b.name LIKE 'again%' AND c.name = 'bash', 2, 1)) AND NOT (b.name LIKE 'stop%' AND c.name = 'make' AND c.attempt = 0)"
check_invariants
started=$(jq -r 'select(.event == "submit") | .key' "$LEDGER" | wc -l)
expect "tasks for attempts" "$started" "$(sql 'SELECT COUNT(*) FROM attempts')"
note "$kills kills in $round passes, $(sql 'SELECT COUNT(*) FROM builds') builds, $started tasks, $(sql 'SELECT COUNT(*) FROM outbox') messages"
