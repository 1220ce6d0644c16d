#!/bin/sh
# SPDX-License-Identifier: MIT
# W03: many submissions at once, half of them of one module: one build each, the others 409. W04: cancelling
# against the scheduler, RIDA_TEST_CANCELS times: one final state, a legal trace, a message for each step.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need git python3 nginx
need_python pymysql
seed=${RIDA_TEST_SEED:-1}
submissions=${RIDA_TORTURE:+10000} cancels=${RIDA_TEST_CANCELS:-${RIDA_TORTURE:+1000}}
submissions=${submissions:-200} cancels=${cancels:-100}
rows=${RIDA_TEST_ROWS:-W03 W04}

w04_a_cancelled_build_has_one_end() {
	for host in 0 1; do
		mkdir -p "$T/run$host"
		configure_scheduler "run_dir: $T/run$host"
		mv "$RIDA_CONFIG" "$RIDA_CONFIG$host"
	done
	configure_scheduler 'submit_by: anyone'
	start_pool read --workers 2
	"$top_srcdir/tests/torture/web_races.py" cancel "$cancels" "$seed" || fail "seed $seed"
	stop "$LAUNCHED"
}

w03_a_module_is_built_once_whoever_submits_it() {
	serve_tiny
	configure_scheduler 'submit_by: anyone' "scm_allow: [$GIT_URL/]"
	start_fcgi
	AUTH=no
	start_nginx
	"$top_srcdir/tests/torture/web_races.py" submit "$submissions" "$NGINX_URL"
}

start_scheduler_db
case $rows in *W04*) run_tests w04_a_cancelled_build_has_one_end ;; esac
case $rows in *W03*) run_tests w03_a_module_is_built_once_whoever_submits_it ;; esac
