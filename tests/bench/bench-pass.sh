#!/bin/sh
# SPDX-License-Identifier: MIT
# A pass over 1,000 builds of 100 components: the one that starts 10,000 tasks, and a quiet one over all of them, with
# the memory builder. Measured against reading the same 100,000 rows with the database's own client.
. "$top_srcdir/tests/bench/bench.sh"
BUILDS=${BUILDS:-1000}
RUNNING=$((BUILDS * 10))

start_bench_db
write_config 'log_level: info' 'builder: memory' "memory_builder_file: $T/memory.jsonl" 'due_local: 3600' \
	'num_concurrent_builds: 10000' 'pass_budget: 600' 'lease: 600'
migrate_db >/dev/null
seed "$BUILDS" 100 2 10
figure storm-pass "$(milliseconds run_scheduler)" ms
started=$(sql 'SELECT COUNT(*) FROM components WHERE state = 0')
[ "$started" -eq "$RUNNING" ] || fail "$started of $RUNNING components were started: $(tail -3 "$T/timed")"
for _ in 1 2 3; do
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6)'
	milliseconds run_scheduler
done >"$T/quiet"
for _ in 1 2 3; do
	milliseconds sql 'SELECT * FROM components'
done >"$T/plain"
quiet=$(median <"$T/quiet")
figure quiet-pass "$quiet" ms
figure quiet-pass "$(ratio "$quiet" "$(median <"$T/plain")")" of-plain-read
