#!/bin/sh
# SPDX-License-Identifier: MIT
# Passes over 1,000 and over 2,000 builds of 100 components, ten of each running, with the memory builder: one that
# starts the tasks, a quiet one, one that finds all of them ended, and one that goes on to the next batch as well.
# Beside them, the commits that the third one cannot do without.
. "$top_srcdir/tests/bench/bench.sh"
BUILDS=${BUILDS:-1000}
ROUNDS=${ROUNDS:-5}
LEDGER=$T/memory.jsonl

# limit_to TASKS: that many may run at once.
limit_to() {
	write_config 'log_level: info' 'builder: memory' "memory_builder_file: $LEDGER" 'due_local: 3600' \
		'pass_budget: 600' 'lease: 600' "num_concurrent_builds: $1"
}

# timed_pass NAME: one pass over all builds; its time joins $T/NAME.
timed_pass() {
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6)'
	milliseconds run_scheduler >>"$T/$1"
}

# components WHERE: how many there are.
components() {
	sql "SELECT COUNT(*) FROM components WHERE $1"
}

# holds WHAT COUNT WHERE: a figure of a pass that did something else would look good.
holds() {
	found=$(components "$3")
	[ "$found" -eq "$2" ] || fail "$1: $found components and not $2: $(tail -3 "$T/timed")"
}

# end_tasks: what runs in the memory builder has ended.
end_tasks() {
	sed -i 's/"ms":-1/"ms":0/' "$LEDGER"
}

# forget_ended: the memory builder would read the ended tasks in every pass.
forget_ended() {
	grep '"ms":-1' "$LEDGER" >"$T/running" || :
	cat "$T/running" >"$LEDGER"
}

# executed: what the server was asked so far.
executed() {
	sql "SHOW GLOBAL STATUS LIKE 'Questions'" | cut -f2
}

# start_round NUMBER: the waiting components of each build's batch start; a quiet pass follows.
start_round() {
	limit_to "$tasks"
	timed_pass start
	holds 'running tasks' "$tasks" 'state = 0 AND task_id > 0 AND task_state = 1'
	timed_pass quiet
	holds 'running tasks' "$tasks" 'state = 0 AND task_id > 0 AND task_state = 1'
	holds 'complete components' $(($1 * tasks)) 'state = 1'
}

# storm_round NUMBER: all running tasks end between two passes. The next batch joins the current one and a single
# slot is left, so that the pass records them and does nothing else.
storm_round() {
	start_round "$1"
	sql 'UPDATE components SET batch = batch - 1 WHERE state IS NULL'
	end_tasks
	limit_to 1
	timed_pass storm
	holds 'complete components' $((($1 + 1) * tasks)) 'state = 1 AND task_state = 2 AND nvr IS NOT NULL'
	[ "$(sql 'SELECT COUNT(*) FROM attempts WHERE finished_at IS NOT NULL AND state = 1')" -eq $((($1 + 1) * tasks)) ] ||
		fail 'not all attempts have ended'
	forget_ended
}

# turn_round NUMBER: all running tasks end, and the pass starts those of the next batch.
turn_round() {
	end_tasks
	timed_pass turn
	holds 'complete components' $((($1 + 1) * tasks)) 'state = 1'
	holds 'running tasks' "$tasks" 'state = 0 AND task_id > 0'
	forget_ended
}

# floor BUILDS: so many commits, each of as many bytes as a build of the storm has, in a loop inside the server.
floor() {
	bytes=$(sql "SELECT SUM(avg_row_length * IF(table_name IN ('components', 'attempts'), 10, 1))
		FROM information_schema.tables WHERE table_schema = 'rida'
		AND table_name IN ('builds', 'build_views', 'components', 'attempts')")
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <<-END
		CREATE OR REPLACE TABLE floor (id INT PRIMARY KEY, t MEDIUMTEXT NOT NULL) ENGINE = InnoDB;
		DELIMITER //
		CREATE OR REPLACE PROCEDURE floor()
		FOR i IN 1..$1 DO
			START TRANSACTION;
			INSERT INTO floor VALUES (i, REPEAT('x', $bytes));
			COMMIT;
		END FOR //
	END
	milliseconds sql 'CALL floor()'
	sql 'DROP TABLE floor; DROP PROCEDURE floor'
}

# measure BUILDS: the medians, into $T/BUILDS.
measure() {
	tasks=$(($1 * 10))
	rm -f "$T/start" "$T/quiet" "$T/storm" "$T/turn" "$T/floors" "$LEDGER"
	sql 'DROP DATABASE rida' mysql
	migrate_db >/dev/null
	seed "$1" 100 2 10
	for round in $(seq "$ROUNDS"); do
		storm_round $((round - 1))
		floor "$1" >>"$T/floors"
	done
	start_round "$ROUNDS"
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6)'
	before=$(executed)
	peak "$top_builddir/scheduler/rida-scheduler"
	statements=$(($(executed) - before - 1))
	for round in 1 2 3; do
		turn_round $((ROUNDS + round - 1))
	done
	{
		for name in quiet storm start turn floors; do
			echo "$name $(median <"$T/$name")"
		done
		echo "statements $statements"
		echo "memory $((KB / 1024))"
	} >"$T/$1"
}

# of BUILDS NAME
of() {
	awk -v name="$2" '$1 == name { print $2 }' "$T/$1"
}

# report NAME MEASURED: for both sizes and their ratio.
report() {
	figure "$1" "$(of "$BUILDS" "$2")" ms
	figure "$1-twice" "$(of $((BUILDS * 2)) "$2")" ms
	figure "$1-ratio" "$(ratio "$(of $((BUILDS * 2)) "$2")" "$(of "$BUILDS" "$2")")" of-single
}

start_bench_db
limit_to 1
migrate_db >/dev/null
for builds in "$BUILDS" $((BUILDS * 2)); do
	measure "$builds"
done
report quiet-pass quiet
report storm-pass storm
report commit-floor floors
figure storm-pass "$(ratio "$(of "$BUILDS" storm)" "$(of "$BUILDS" floors)")" of-commit-floor
report start-pass start
report turn-pass turn
figure quiet-pass-statements "$(of "$BUILDS" statements)" statements
figure quiet-pass-statements-twice "$(of $((BUILDS * 2)) statements)" statements
figure quiet-pass-memory "$(of "$BUILDS" memory)" MiB
