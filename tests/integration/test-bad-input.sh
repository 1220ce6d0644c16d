#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input and abuse through nginx and Apache: each case gets its status, a message for a packager, within a second,
# and leaves nothing behind. The cases are in tests/fixtures/bad-*.txt and scm-urls.txt.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
AUTH=no
. "$top_srcdir/tests/integration/ask.sh"
need python3 git curl nginx apache2 rpmspec bwrap

start_mariadb
mkdir -p "$T/git" "$T/tmp"
chmod 1777 "$T/tmp"
TMPDIR=$T/tmp
export TMPDIR
start_git_daemon "$T/git"
serve_lookaside
write_config 'auth: none' 'submit_by: anyone' 'builder: local' 'log_level: info' 'gate: external' \
	"scm_allow: [$GIT_URL/, $(sed -n 's/^allow\t\(.*\)/"\1"/p' "$top_srcdir/tests/fixtures/scm-urls.txt" | paste -sd,)]" \
	"rpms_repository: $GIT_URL/rpms/{name}.git" \
	"lookaside_url: http://127.0.0.1:$LOOKASIDE_PORT/lookaside/{name}/{filename}/{hashtype}/{hash}/{filename}" \
	"quarantine_attempts: 1"
migrate_db
make_build 42 waiting 1 anonymous
make_build 43 failed 4 anonymous
make_build 44 done 3 anonymous
make_build 45 others 1 alice
rows "INSERT INTO components (id, build_id, name, repository, ref, batch, state, state_reason, task_id, attempt)
	VALUES (1, 44, 'foo', '', '', 2, 1, '', 6378, 1)"
start_front
start_apache
echo secret >"$T/state/secret"

for file in bad_requests bad_documents bad_rows; do
	note "$file.py"
	PYTHONDONTWRITEBYTECODE=1 python3 -B "$top_srcdir/tests/integration/$file.py" || fail "$file.py"
done
[ "$(cat "$T"/log/fcgi-* | grep -cE 'worker-died|Sanitizer|runtime error')" = 0 ] || fail "workers died: $(grep -hE 'worker-died|Sanitizer|runtime error' "$T"/log/fcgi-*)"
