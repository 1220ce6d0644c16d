#!/bin/sh
# SPDX-License-Identifier: MIT
# D03: whatever error the database gives at whatever statement, behaving as the database does with it,
# builds end as they would have, requests are answered rightly, and commands can be given again.
# RIDA_TEST_SEED chooses the cases of a short run; RIDA_TEST_SHARE, K/N, is a share of all of them, and RIDA_TEST_ROWS
# says of which rows.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need git python3 jq
need_python pymysql
seed=${RIDA_TEST_SEED:-1}
rows=${RIDA_TEST_ROWS:-D03-scheduler D03-web D03-admin}
folder=$top_srcdir/tests/torture

d03_builds_end_as_they_would_have() {
	"$folder/db_lives.py" "$seed" "${RIDA_TEST_SHARE:-30}" || fail "seed $seed"
}

d03_requests_are_answered_rightly() {
	"$folder/db_requests.py" "$seed" "${RIDA_TEST_SHARE:-60}" || fail "seed $seed"
}

d03_commands_can_be_given_again() {
	"$folder/db_admin.py" "$seed" "${RIDA_TEST_SHARE:-60}" || fail "seed $seed"
}

start_scheduler_db
sql 'CREATE DATABASE fresh; GRANT ALL ON fresh.* TO rida_admin@localhost;
	GRANT SELECT ON fresh.* TO rida_web@localhost; GRANT SELECT ON fresh.* TO rida_scheduler@localhost' mysql
write_tiny_document tiny bad '  components: {rpms: {nowhere: {rationale: r}}}
'
serve_tiny
configure_scheduler "db_socket: $T/run/db" 'db_name: fresh'
mv "$RIDA_CONFIG" "$T/fresh.yaml"
configure_scheduler "db_socket: $T/run/db" 'submit_by: anyone' "scm_allow: [$GIT_URL/]" "rpms_repository: $GIT_URL/rpms/{name}.git"
start_pool read --workers 1
start_pool submit --submit --workers 1
case $rows in *D03-scheduler*) run_tests d03_builds_end_as_they_would_have ;; esac
case $rows in *D03-web*) run_tests d03_requests_are_answered_rightly ;; esac
case $rows in *D03-admin*) run_tests d03_commands_can_be_given_again ;; esac
