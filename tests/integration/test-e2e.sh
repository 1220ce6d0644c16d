#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job on real parts: the sample module, from a POST through nginx to a repository over HTTP.
. "${top_srcdir:?}/tests/lib/env.sh"
need nginx git curl jq rpmbuild createrepo_c bwrap

start_mariadb
make_sample
serve_lookaside
start_git_daemon "$T/git"
write_config "$(sample_config)" 'submit_by: anyone' 'num_concurrent_builds: 2'
migrate_db
start_fcgi
AUTH=no
start_nginx
API=$NGINX_URL/rida

# post COMMIT: prints the status, leaves the body in $T/answer.
post() {
	curl -sS -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/json' \
		-d "{\"scmurl\": \"$GIT_URL/modules/greetings.git?#$1\"}" "$API/module-builds/"
}

# build_json: the build as programs see it, in $T/build.
build_json() {
	curl -sSf -o "$T/build" "$API/module-builds/$ID"
}

# show_failure: why, with the ends of all logs.
show_failure() {
	find "$T/state/logs" -type f -print -exec tail -n 15 {} \; >&2
	sql 'SELECT component_id, attempt, state_reason FROM attempts' >&2
	fail "the build failed: $(cat "$T/build") $(sql 'SELECT state_reason FROM builds') $(launched_log scheduler)"
}

# pass_until_ready: one pass; true once the build is ready. A failed build ends the test.
pass_until_ready() {
	run_scheduler >>"$T/log/scheduler" 2>&1 || fail "rida-scheduler: $(launched_log scheduler)"
	build_json
	case $(json .state "$T/build") in
	ready) return 0 ;;
	failed) show_failure ;;
	esac
	seen_order
	return 1
}

# seen_order: the second batch has no task before the first is complete.
seen_order() {
	letter=$(jq -r '.tasks | to_entries[] | select(.key | test("greet-letter")) | .value' "$T/build")
	open=$(jq -r '[.tasks | to_entries[] | select(.key | test("greet-letter") | not) | .value | select(test("/closed$") | not)] | length' "$T/build")
	case $letter in
	'' | 0/free) ;;
	*) [ "$open" -eq 0 ] || fail "the second batch began too early: $(cat "$T/build")" ;;
	esac
}

status=$(post "$SAMPLE_COMMIT")
[ "$status" = 201 ] || fail "POST was answered $status: $(cat "$T/answer")"
ID=$(json .id "$T/answer")
[ "$(post "$SAMPLE_COMMIT")" = 409 ] || fail "the second POST was not refused: $(cat "$T/answer")"

# Not wait_for: what the pass says when the build fails has to be seen.
until pass_until_ready; do
	passes=$((${passes:-0} + 1))
	[ "$passes" -lt 600 ] || fail "not ready after $passes passes: $(cat "$T/build")"
	sleep 0.2
done

for name in greet greet-words greet-letter; do
	jq -e --arg name "$name" '.tasks | to_entries | any((.key | startswith("rpms/" + $name + "-1.0-1.")) and (.value | test("^[1-9][0-9]*/closed$")))' \
		"$T/build" >/dev/null || fail "no closed task of $name: $(cat "$T/build")"
done
curl -sSf -H 'Accept: text/html' "$API/module-builds/$ID" >"$T/page"
grep -q 'greetings' "$T/page" || fail "the page does not name the module"

# Every state change was announced once, in order.
run_scheduler >>"$T/log/scheduler" 2>&1
said=$(jq -r .body.state_name "$T/state/messages.jsonl" | tr '\n' ' ')
[ "$said" = 'init wait build done ready ' ] || fail "the messages say: $said"
said=$(jq -r '.body.topdir // "none"' "$T/state/messages.jsonl" | uniq | tr '\n' ' ')
[ "$said" = "none $T/repos/$(ls "$T/repos") " ] || fail "the messages say that it is in $said"
steps=$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $ID")
[ "$steps" = 0,1,2,3,5 ] || fail "the trace is $steps"

# The repository, over HTTP: metadata names the RPMs, and they can be fetched and read.
repository=$API/repos/$(sql "SELECT CONCAT_WS('-', name, stream, version, context) FROM builds WHERE id = $ID")
curl -sSf -o "$T/repomd.xml" "$repository/repodata/repomd.xml" || fail "no repodata in $repository"
grep -q 'type="modules"' "$T/repomd.xml" || fail "the repository has no module metadata"
primary=$(sed -n 's|.*href="\(repodata/[^"]*primary.xml.gz\)".*|\1|p' "$T/repomd.xml")
curl -sSf "$repository/$primary" | gzip -dc >"$T/primary.xml"
rpm_path=$(sed -n 's|.*<location[^>]*href="\([^"]*greet-letter-1[^"]*noarch.rpm\)".*|\1|p' "$T/primary.xml")
curl -sSf -o "$T/letter.rpm" "$repository/$rpm_path" || fail "the RPM cannot be fetched: $rpm_path"
rpm2archive - <"$T/letter.rpm" | tar -xzOf - ./usr/share/greet/letter >"$T/letter"
grep -qx 'Bonjour, everybody!' "$T/letter" || fail "the letter is: $(cat "$T/letter")"

# The log of a component, as the API offers it.
curl -sSf -D "$T/headers" -o "$T/build.log" "$API/module-builds/$ID/logs/greet/1/build.log" || fail "no build.log"
grep -q 'gcc -O2' "$T/build.log" || fail "build.log does not show the compiler: $(tail -5 "$T/build.log")"
grep -qi '^content-type: text/plain' "$T/headers" || fail "the log is not plain text: $(cat "$T/headers")"

# Retired: first it is garbage for everybody, then its repository and logs go.
"$top_builddir/scheduler/rida-admin" retire greetings --confirm 2>/dev/null && fail "a name alone was retired"
"$top_builddir/scheduler/rida-admin" retire "$(sql "SELECT CONCAT_WS(':', name, stream) FROM builds WHERE id = $ID")" --confirm ||
	fail "rida-admin retire"
run_scheduler >>"$T/log/scheduler" 2>&1
[ "$(curl -sSf "$API/module-builds/$ID" | jq -r .state)" = garbage ] || fail "not retired: $(curl -sS "$API/module-builds/$ID")"
[ "$(curl -sS -o /dev/null -w '%{http_code}' "$repository/repodata/repomd.xml")" = 404 ] || fail "the repository is still there"
[ -z "$(ls "$T/repos")" ] && [ ! -e "$T/state/logs/$ID" ] || fail "left: $(ls "$T/repos" "$T/state/logs")"
