#!/bin/sh
# SPDX-License-Identifier: MIT
# D04 and D07: a database that is slow, or cut off in the midst of its answers, or has no connection left. The web
# answers within 6 s, passes end with 0 or 75, and afterwards builds end as they would have.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need git python3
need_python pymysql
seed=${RIDA_TEST_SEED:-1}
cases=${RIDA_TEST_CASES:-2}
[ -z "${RIDA_TORTURE:-}" ] || cases=20
rows=${RIDA_TEST_ROWS:-D04 D07}

d04_nobody_hangs_on_a_slow_database() {
	configure_scheduler 'submit_by: anyone' "scm_allow: [$GIT_URL/]" "db_socket: $T/run/db"
	start_pools
	"$top_srcdir/tests/torture/db_trouble.py" slow "$seed" "$cases" || fail "seed $seed"
}

d07_who_finds_no_connection_comes_later() {
	configure_scheduler 'submit_by: anyone' "scm_allow: [$GIT_URL/]"
	start_pools
	"$top_srcdir/tests/torture/db_trouble.py" connections "$seed" "$cases" || fail "seed $seed"
}

start_pools() {
	for pool in $pools; do stop "$pool"; done
	start_pool read --workers 2
	pools=$LAUNCHED
	start_pool submit --submit --workers 2
	pools="$pools $LAUNCHED"
}

pools=
start_scheduler_db
serve_tiny
case $rows in *D07*) run_tests d07_who_finds_no_connection_comes_later ;; esac
case $rows in *D04*) run_tests d04_nobody_hangs_on_a_slow_database ;; esac
