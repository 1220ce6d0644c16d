#!/bin/sh
# SPDX-License-Identifier: MIT
# D03: whatever error the database gives at whatever statement, behaving as the database does with it,
# builds end as they would have, requests are answered rightly, and commands can be given again.
# RIDA_TEST_SEED chooses the cases of a short run; RIDA_TORTURE has all of them.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need git python3 jq
need_python pymysql
seed=${RIDA_TEST_SEED:-1}
folder=$top_srcdir/tests/torture

# so_many COUNT: the cases of a short run, or all.
so_many() {
	[ -n "${RIDA_TORTURE:-}" ] && echo all || echo "$1"
}

write_document() {
	mkdir -p "$T/tiny"
	printf 'document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n  license: {module: [MIT]}\n%s' "$2" >"$T/tiny/$1.yaml"
}

d03_builds_end_as_they_would_have() {
	"$folder/db_lives.py" "$seed" "$(so_many 30)" || fail "seed $seed"
}

d03_requests_are_answered_rightly() {
	"$folder/db_requests.py" "$seed" "$(so_many 60)" || fail "seed $seed"
}

d03_commands_can_be_given_again() {
	"$folder/db_admin.py" "$seed" "$(so_many 60)" || fail "seed $seed"
}

start_scheduler_db
sql 'CREATE DATABASE fresh; GRANT ALL ON fresh.* TO rida_admin@localhost;
	GRANT SELECT ON fresh.* TO rida_web@localhost; GRANT SELECT ON fresh.* TO rida_scheduler@localhost' mysql
write_document tiny ''
write_document bad '  components: {rpms: {nowhere: {rationale: r}}}
'
COMMIT=$(make_repo "$T/git/tiny.git" "$T/tiny")
export COMMIT
start_git_daemon "$T/git"
configure_scheduler "db_socket: $T/run/db" 'db_name: fresh'
mv "$RIDA_CONFIG" "$T/fresh.yaml"
configure_scheduler "db_socket: $T/run/db" 'submit_by: anyone' "scm_allow: [$GIT_URL/]" "rpms_repository: $GIT_URL/rpms/{name}.git"
start_pool read --workers 1
start_pool submit --submit --workers 1
run_tests \
	d03_builds_end_as_they_would_have \
	d03_requests_are_answered_rightly \
	d03_commands_can_be_given_again
