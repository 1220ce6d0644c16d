#!/bin/sh
# SPDX-License-Identifier: MIT
# Several hosts: each rida-scheduler here has a name, a clock and folders of its own, and all have one database. The
# limit holds at each instant, every step is done once, and who was frozen changes nothing. RIDA_TEST_SEED and
# RIDA_TEST_ROUNDS: which moments, and how many.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need jq python3 faketime
HOSTS='1 2 3 4 5 6 7 8'
LIMIT=5
seed=${RIDA_TEST_SEED:-1}
rounds=${RIDA_TEST_ROUNDS:-${RIDA_TORTURE:+100}}
rounds=${rounds:-20}

# host_config N: its folders and its configuration, $T/host-N.yaml.
host_config() {
	mkdir -p "$T/host-$1/run" "$T/host-$1/state"
	sed -e "s|^run_dir:.*|run_dir: $T/host-$1/run|" -e "s|^state_dir:.*|state_dir: $T/host-$1/state|" \
		"$T/rida.yaml" >"$T/host-$1.yaml"
}

# on_host N OPTION...: its scheduler, in the place of this shell. CLOCK: how far its clock is off. Where another name is not
# allowed, all are one host.
on_host() {
	host=$1
	shift
	[ -z "${CLOCK:-}" ] || export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}"
	set -- ${CLOCK:+faketime -f "$CLOCK"} "$top_builddir/scheduler/rida-scheduler" --config "$T/host-$host.yaml" "$@"
	if unshare --uts true 2>/dev/null; then
		exec unshare --uts sh -c 'hostname "$0" && exec "$@"' "host-$host" "$@"
	fi
	exec "$@"
}

forget_all() {
	rm -f "$LEDGER" "$MESSAGES"
	: >"$T/clocks"
	sql 'DROP DATABASE IF EXISTS rida' mysql
	configure_scheduler 'log_level: info' "num_concurrent_builds: $LIMIT" 'claim_batch: 6' "$@"
	migrate_db >/dev/null
	for number in $HOSTS; do
		host_config "$number"
	done
}

open_builds() {
	sql 'SELECT COUNT(*) FROM builds WHERE state NOT IN (4, 5)'
}
all_are_ready() {
	[ "$(open_builds)" -eq 0 ]
}

# run_hosts SECONDS: all schedulers until all builds are ready.
run_hosts() {
	schedulers=
	for number in $HOSTS; do
		CLOCK=$(sed -n "${number}p" "$T/clocks")
		on_host "$number" --linger "$1" </dev/null >"$T/log-$number" 2>&1 &
		schedulers="$schedulers $!"
	done
	wait_for "$1" all_are_ready || fail "after $1 s: $(sql "SELECT state, COUNT(*) FROM builds GROUP BY state; SELECT build_id, last_error FROM claims WHERE last_error <> ''"; tail -n 3 "$T"/log-*)"
	# faketime waits for what it has started, which is the scheduler then.
	for pid in $schedulers; do
		kill -TERM $(pgrep -P "$pid" || echo "$pid")
	done
	for pid in $schedulers; do
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq 0 ] || fail "a scheduler ended with $status: $(tail -n 3 "$T"/log-*)"
	done
	for number in $HOSTS; do
		! grep -qE ' (error|warning) ' "$T/log-$number" || fail "host $number says: $(grep -E ' (error|warning) ' "$T/log-$number" | head -5)"
	done
}

# The intervals in which tasks ran, by the build system, and in which slots were taken, by the rows: never more than the
# limit at once. While something waited for a slot, each that was freed was taken again soon. Prints what it found.
cat >"$T/intervals.py" <<'END'
import sys

limit, ledger, slots = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def read(name):
    with open(name, encoding="ascii") as file:
        return [tuple(int(word) for word in line.split()) for line in file]


def most(intervals):
    edges = sorted([(start, 1) for start, _ in intervals] + [(end, -1) for _, end in intervals])
    now = highest = 0
    for _, step in edges:
        now += step
        highest = max(highest, now)
    return highest


def gaps(intervals):
    """From each end of a slot to the next start, as long as there is one: both are sorted."""
    starts = sorted(start for start, _ in intervals)[limit:]
    ends = sorted(end for _, end in intervals)[:len(starts)]
    return sorted(start - end for start, end in zip(starts, ends))


ran, taken = read(ledger), read(slots)
refill = gaps(taken)
print(f"{len(ran)} tasks, at most {most(ran)} of {limit} at once; slots at most {most(taken)}; "
      f"a free slot was taken after {refill[len(refill) // 2] / 1000:.0f} ms, at most {refill[-1] / 1000:.0f} ms")
if most(ran) > limit or most(taken) > limit:
    sys.exit("the limit was exceeded")
if refill[-1] > float(sys.argv[4]) * 1e6:
    sys.exit(f"a free slot was left for {refill[-1] / 1e6:.1f} s")
END

# check_limit SECONDS: as above, a slot is free for so long at most.
check_limit() {
	jq -r 'select(.event == "submit" and .ms > 0) | "\(.at) \(.at + .ms * 1000)"' "$LEDGER" >"$T/ran"
	sql "SELECT CAST(UNIX_TIMESTAMP(started_at) * 1000000 AS INT), CAST(UNIX_TIMESTAMP(finished_at) * 1000000 AS INT) FROM attempts" >"$T/slots"
	/usr/bin/python3 "$T/intervals.py" "$LIMIT" "$T/ran" "$T/slots" "$1" >"$T/said" 2>&1 || fail "$(cat "$T/said")"
	note "$(cat "$T/said")"
}

check_once() {
	none 'components with other than one attempt' 'SELECT c.id FROM components c LEFT JOIN attempts a ON a.component_id = c.id GROUP BY c.id HAVING COUNT(a.id) <> 1'
	none 'effects that were intended twice' 'SELECT build_id, kind FROM effects WHERE tries > 0'
	none 'traces with other than five states' 'SELECT build_id FROM trace GROUP BY build_id HAVING COUNT(*) <> 5'
	again=$(jq -r 'select(.event == "mark") | .mark' "$LEDGER" | sort | uniq -d)
	[ -z "$again" ] || fail "done twice: $again"
	check_invariants
}

r07_eight_schedulers_keep_the_limit_and_do_each_step_once() {
	forget_all
	insert 40 wide bash:0:ms-20 gcc:0:ms-60 make:0:ms-10 zsh:1:ms-30 >/dev/null
	run_hosts 90
	check_limit 4
	check_once
	for number in $HOSTS; do
		grep -q 'claimed=[1-9]' "$T/log-$number" || fail "host $number did nothing"
	done
	# A figure, no promise: a slot goes to the oldest build of the host that sees it free, which is not the oldest of all.
	overtaken=$(sql "SELECT MAX(n) FROM (SELECT (SELECT COUNT(*) FROM builds b WHERE b.id > a.id
		AND b.completed_at < a.completed_at) AS n FROM builds a) AS all_of_them")
	note "no build was overtaken by more than $overtaken of 40"
}

t01_hosts_whose_clocks_differ_do_the_same() {
	forget_all
	printf '%s\n' +300s -300s +3600s -3600s '' +10s -10s +315360000s >"$T/clocks"
	insert 16 skewed bash:0:polls-2 gcc:0:polls-3 make:1:polls-1 >/dev/null
	run_hosts 90
	check_once
	none 'times that are no times of the database' "SELECT id FROM builds WHERE modified_at > UTC_TIMESTAMP(6)
		OR completed_at > UTC_TIMESTAMP(6) OR completed_at < submitted_at"
}

# lapse: all leases are over, for the database's clock.
lapse() {
	sql "UPDATE claims SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND, due_at = UTC_TIMESTAMP(6) WHERE lease_until IS NOT NULL;
		UPDATE leases SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE holder <> ''"
}

# A pass stands still at some moment until its leases are over and another host has done its work; then it goes on, and
# its own clock has not moved.
r08_a_frozen_holder_that_wakes_up_changes_nothing() {
	forget_all
	frozen=0 held=0
	for round in $(seq $((rounds * 20))); do
		[ "$frozen" -lt "$rounds" ] || break
		[ "$(open_builds)" -gt 0 ] || insert 3 "cold$round-" bash:0:polls-2 gcc:0:ms-5 make:1:ms-0 >/dev/null
		on_host 1 </dev/null >"$T/log-1" 2>&1 &
		sleeper=$!
		sleep "0.0$(awk -v seed="$seed$round" 'BEGIN { srand(seed); printf "%03d", rand() * 800 }')"
		kill -STOP "$sleeper" 2>/dev/null || :
		if is_gone "$sleeper"; then
			wait "$sleeper" || fail "a pass ended with $?: $(cat "$T/log-1")"
			continue
		fi
		frozen=$((frozen + 1))
		[ "$(sql 'SELECT COUNT(*) FROM claims WHERE lease_until IS NOT NULL')" -eq 0 ] || held=$((held + 1))
		lapse
		for _ in 1 2 3; do
			(on_host 2) </dev/null >"$T/log-2" 2>&1 || fail "the other host ended with $?: $(cat "$T/log-2")"
		done
		kill -CONT "$sleeper"
		wait "$sleeper" || fail "the late pass ended with $?: $(cat "$T/log-1")"
	done
	lapse
	for _ in $(seq 60); do
		all_are_ready || (on_host 2) </dev/null >"$T/log-2" 2>&1
	done
	(on_host 2) </dev/null >"$T/log-2" 2>&1
	all_are_ready || fail "not ready: $(sql 'SELECT * FROM claims')"
	none 'components with other than one attempt' 'SELECT c.id FROM components c LEFT JOIN attempts a ON a.component_id = c.id GROUP BY c.id HAVING COUNT(a.id) <> 1'
	check_invariants
	[ "$frozen" -eq "$rounds" ] && [ "$held" -gt 0 ] || fail "$frozen passes were frozen, $held of them with builds"
	note "$frozen passes were frozen, $held of them held builds"
}

# Cron starts the next one while one is at work.
r10_of_overlapping_starts_one_works() {
	forget_all 'log_level: debug'
	insert 3 cron bash:0:ms-50 gcc:1:ms-50 >/dev/null
	schedulers=
	for number in $HOSTS; do
		(on_host 1 --linger 3) </dev/null >"$T/log-$number" 2>&1 &
		schedulers="$schedulers $!"
	done
	for pid in $schedulers; do
		wait "$pid" || fail "an overlapping start ended with $?"
	done
	expect 'starts that gave way' "$(cat "$T"/log-* | grep -c pass-overlaps)" 7
	all_are_ready || fail 'the one that worked did not end its work'
	check_once
}

start_scheduler_db
run_tests r07_eight_schedulers_keep_the_limit_and_do_each_step_once t01_hosts_whose_clocks_differ_do_the_same \
	r08_a_frozen_holder_that_wakes_up_changes_nothing r10_of_overlapping_starts_one_works
