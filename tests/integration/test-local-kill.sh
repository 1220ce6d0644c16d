#!/bin/sh
# SPDX-License-Identifier: MIT
# Twenty times the scheduler, rida-job or a sandbox dies by SIGKILL while components are really
# built: every module becomes ready, nothing is lost, nothing that was built is built again, and
# nothing is left running. What is started gets no descriptor of whoever started it.
# RIDA_TEST_KILLS chooses their number, RIDA_TEST_SEED the moments and the victims.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need nginx curl jq bwrap rpmbuild createrepo_c
wanted=${RIDA_TEST_KILLS:-${RIDA_TORTURE:+50}}
wanted=${wanted:-20}
seed=${RIDA_TEST_SEED:-1}
modules=$((wanted / 8 + 1))

# A module of three components in two batches, each long enough to be hit.
mkdir -p "$T/git/rpms" "$T/git/modules" "$T/files/module"
for name in one two three; do
	mkdir -p "$T/files/$name"
	cat >"$T/files/$name/$name.spec" <<-END
		Name: $name
		Version: 1
		Release: 1%{?dist}
		Summary: $name
		License: MIT
		BuildArch: noarch
		$([ "$name" != three ] || echo 'BuildRequires: one, two')
		%description
		%build
		sleep 0.8
		%install
		mkdir -p %{buildroot}/usr/share/$name
		%files
		/usr/share/$name
	END
	make_repo "$T/git/rpms/$name.git" "$T/files/$name" >/dev/null
done

start_mariadb
start_git_daemon "$T/git"
write_config 'log_level: warning' 'submit_by: anyone' 'num_concurrent_builds: 4' 'due_local: 1' 'due_init: 0' \
	'backoff_base: 1' 'backoff_max: 1' 'quarantine_attempts: 1000' "scm_allow: [$GIT_URL/]" \
	"rpms_repository: $GIT_URL/rpms/{name}.git"
migrate_db
start_fcgi
AUTH=no
start_nginx

# post COMMIT: prints the status.
post() {
	curl -sS -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/json' \
		-d "{\"scmurl\": \"$GIT_URL/modules/module.git?#$1\"}" "$NGINX_URL/rida/module-builds/"
}

for number in $(seq "$modules"); do
	cat >"$T/files/module/module.yaml" <<-END
		document: modulemd
		version: 2
		data:
		  stream: s$number
		  summary: Three
		  description: Three
		  license: {module: [MIT]}
		  components:
		    rpms:
		      one: {rationale: First., ref: master}
		      two: {rationale: Second., ref: master}
		      three: {rationale: Third., ref: master, buildorder: 5}
	END
	commit=$(make_repo "$T/git/modules/module.git" "$T/files/module")
	status=$(post "$commit")
	[ "$status" = 201 ] || fail "POST was answered $status: $(cat "$T/answer")"
	echo "$(jq .id "$T/answer") $commit" >>"$T/posted"
done

# mine NAME: the pids of this test's processes of that name.
mine() {
	grep -lasz "^$T/state/builds/" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | while read -r pid; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
	done
}
# kill_one NAME: kills one of them; false when there is none.
kill_one() {
	victim=$(mine "$1" | awk -v turn="$((seed + round))" '{ pid[NR] = $1 } END { if (NR) print pid[turn % NR + 1] }')
	[ -n "$victim" ] && kill -9 "$victim" 2>/dev/null
}
# look_for_links: no job and no sandbox has a link to the database, or a lock, of the scheduler that started it.
looked=0
look_for_links() {
	for worker in $(mine rida-job) $(mine bwrap); do
		links=$(find "/proc/$worker/fd" \( -lname 'socket:*' -o -lname "$T/run/*" \) -printf '%p -> %l\n' 2>/dev/null) || continue
		[ -z "$links" ] || fail "$(tr '\0' ' ' <"/proc/$worker/cmdline") has $links"
		looked=$((looked + 1))
	done
}
# A killed sandbox is a failed component; people resume such builds.
resume_failed() {
	sql 'SELECT id FROM builds WHERE state = 4 AND is_cleaned AND id NOT IN (SELECT build_id FROM requests WHERE done_at IS NULL)' |
		while read -r id; do
			post "$(sed -n "s/^$id //p" "$T/posted")" >/dev/null
		done
}
unsettled() {
	sql 'SELECT COUNT(*) FROM builds WHERE state <> 5'
}

kills=0
round=0
while [ "$kills" -lt "$wanted" ] && [ "$(unsettled)" -gt 0 ] && [ "$round" -lt 2000 ]; do
	round=$((round + 1))
	look_for_links
	run_scheduler 2>>"$T/scheduler.log" &
	pid=$!
	case $((kills % 3)) in
	0) sleep "0.0$(((seed + round) % 9 + 1))" && kill -9 "$pid" 2>/dev/null && kills=$((kills + 1)) ;;
	1) kill_one rida-job && kills=$((kills + 1)) ;;
	2) kill_one bwrap && kills=$((kills + 1)) ;;
	esac
	wait "$pid" 2>/dev/null || :
	resume_failed
done
expect "kills" "$kills" "$wanted"
[ "$looked" -gt 0 ] || fail "no job and no sandbox was looked at"

for _ in $(seq 600); do
	[ "$(unsettled)" -gt 0 ] || break
	run_scheduler 2>>"$T/scheduler.log" || :
	resume_failed
	sleep 0.1
done
expect "builds that are not ready" "$(unsettled)" 0
run_scheduler

# Each component was built to the end once, whatever was killed.
for build in "$T"/state/builds/*; do
	for job in "$build"/jobs/*; do
		# A job that was lost, and whose build then failed for another, has no result.
		! [ -f "$job/result.json" ] || [ "$(jq .state "$job/result.json")" != 2 ] || jq -r .component "$job/job.json"
	done | sort >"$T/built"
	printf 'module-build-macros\none\nthree\ntwo\n' | cmp -s - "$T/built" || fail "built: $(tr '\n' ' ' <"$T/built")"
done
none "components with another number of good attempts" "SELECT c.build_id, c.name FROM components c LEFT JOIN attempts a ON a.component_id = c.id AND a.state = 1 GROUP BY c.id HAVING COUNT(a.id) <> 1"
: >"$LEDGER"
check_invariants
no_process() {
	[ -z "$(mine bwrap)$(mine rida-job)" ]
}
wait_for 10 no_process || fail "still running: $(mine bwrap) $(mine rida-job)"
! ls -d "$T"/state/builds/*/jobs/*/work "$T"/state/builds/*/root* 2>/dev/null || fail "work trees are left"
note "L01 $kills/$wanted 0 violations: $kills kills in $round passes, $(sql 'SELECT COUNT(*) FROM attempts') attempts, $(sql 'SELECT SUM(epoch - 1) FROM builds') resumes"
