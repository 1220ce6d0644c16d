#!/bin/sh
# SPDX-License-Identifier: MIT
# D01: mariadbd is killed under load, RIDA_TEST_KILLS times. What was answered 201 is there, what was
# refused left nothing or is found again by its Idempotency-Key, and every build ends as it would have.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need git python3 nginx
need_python pymysql
seed=${RIDA_TEST_SEED:-1}
kills=${RIDA_TEST_KILLS:-${RIDA_TORTURE:+50}}
kills=${kills:-5}

d01_a_killed_database_loses_nothing_that_was_promised() {
	"$top_srcdir/tests/torture/db_kill.py" "$NGINX_URL" "$T/stop" >"$T/found" 2>&1 &
	load=$!
	remember "$load"
	awk -v seed="$seed" -v count="$kills" 'BEGIN { srand(seed); for (i = 0; i < count; i++) printf "%.3f\n", 0.05 + rand() * 0.5 }' >"$T/moments"
	while read -r moment; do
		count=$((count + 1))
		insert 2 "kill$count-" bash:0:polls-1 gcc:0 zsh:1 >/dev/null
		sleep "$moment"
		kill -9 "$MARIADB_PID"
		wait "$MARIADB_PID" 2>/dev/null || :
		start_mariadb
	done <"$T/moments"
	: >"$T/stop"
	status=0
	wait "$load" || status=$?
	cat "$T/found"
	[ "$status" -eq 0 ] || fail "seed $seed"
	echo "D01 $kills/50 0 violations"
}

start_scheduler_db
serve_tiny
for host in 0 1; do
	mkdir -p "$T/run$host"
	configure_scheduler "run_dir: $T/run$host"
	mv "$RIDA_CONFIG" "$RIDA_CONFIG$host"
done
configure_scheduler 'submit_by: anyone' 'submit_slots: 2' "scm_allow: [$GIT_URL/]"
start_fcgi
AUTH=no
start_nginx
run_tests d01_a_killed_database_loses_nothing_that_was_promised
