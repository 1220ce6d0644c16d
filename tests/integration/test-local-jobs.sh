#!/bin/sh
# SPDX-License-Identifier: MIT
# Jobs of the local builder: once per key, found again, cancelled and killed as a whole, lost ones noticed.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

start_local
drive prepare >"$T/out" || fail "$(cat "$T/out")"

# A build that runs until it is ended, with children that leave its process group and session. Its
# argument is how its processes are told from others.
MARK=$(shuf -i 100000-999999 -n 1)
package long <<END
BuildArch: noarch
%description
%build
(setsid sleep $MARK &)
sleep $MARK &
echo started
sleep $MARK
%files
END
LONG=$(component long 2)

# Only processes of this test are counted: their arguments hold its mark.
alive() {
	[ -n "$(marked)" ]
}
marked() {
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -o "sleep $MARK" || :
}
gone() {
	! alive
}
started() {
	grep -q '^started' "$(build_log long "$1")" && alive
}
state_is() {
	drive --attempt "$1" poll "$LONG" | grep -q "^long $2"
}
# said: what the jobs said, for messages.
said() {
	tail -n 5 "$T"/local/logs/7/long/*/*.log "$LOCAL_BUILD"/jobs/*/supervisor.log
	cat "$LOCAL_BUILD/jobs/$(job_of)/result.json" || :
}
# supervisor JOB: its pid, the holder of the record lock.
supervisor() {
	inode=$(stat -c %i "$LOCAL_BUILD"/jobs/"$1"/lock)
	awk -v inode=":$inode" '$2 == "POSIX" && index($6, inode) { print $5 }' /proc/locks
}
job_of() { # the newest job's key
	ls -t "$LOCAL_BUILD/jobs" | head -n 1
}

# Once per key: the second submission finds the first, so does a recovery.
drive submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 started 1 || fail "it did not start: $(cat "$(build_log long)" "$LOCAL_BUILD"/jobs/*/supervisor.log)"
drive submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
[ "$(ls "$LOCAL_BUILD/jobs" | wc -l)" -eq 1 ] || fail "two jobs: $(ls "$LOCAL_BUILD/jobs")"
[ "$(grep -c '^started' "$(build_log long)")" -eq 1 ] || fail "it was started twice"
drive recover "$LONG" >"$T/out"
expect '^long open' "$T/out"
JOB=$(job_of)
HOLDER=$(supervisor "$JOB")
[ "$(cut -d' ' -f6 "/proc/$HOLDER/stat")" = "$HOLDER" ] || fail "rida-job is in somebody's session"

# Cancelled as a whole.
drive cancel "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 10 gone || fail "cancelled, but alive: $(marked)"
wait_for 10 state_is 1 canceled || fail "not cancelled: $(drive poll "$LONG")"
drive cancel "$LONG" >"$T/out"
expect '^long ready' "$T/out"

# rida-job killed: nothing is left, the job is lost, the same key starts it afresh.
drive --attempt 2 submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 started 2 || fail "the second attempt did not start: $(said)"
supervised() { # sets JOB, the only one that is supervised
	for JOB in $(ls "$LOCAL_BUILD/jobs"); do
		[ -z "$(supervisor "$JOB")" ] || return 0
	done
	return 1
}
wait_for 10 supervised || fail "no job holds its lock: $(said)"
kill -9 "$(supervisor "$JOB")"
wait_for 10 gone || fail "killed, but alive: $(marked)"
work_tree=work # below the job's folder
JOB_HOME=$LOCAL_BUILD/jobs/$JOB/$work_tree/home
# What had outlived it (as bubblewrap's inner process may, in one instant) goes when the job is found lost; who merely
# names its folder stays.
launch survivor bwrap --unshare-user --unshare-pid --bind / / --bind "$JOB_HOME" /mnt sleep 1000
SURVIVOR=$LAUNCHED
launch bystander sh -c 'kill -STOP $$' "$JOB_HOME"
BYSTANDER=$LAUNCHED
sandboxed() {
	[ -n "$(cat "/proc/$SURVIVOR/task/$SURVIVOR/children")" ]
}
wait_for 10 sandboxed || fail "the survivor did not start: $(launched_log survivor)"
INNER=$(cut -d' ' -f1 "/proc/$SURVIVOR/task/$SURVIVOR/children")
wait_for 10 state_is 2 unknown || fail "not lost: $(drive --attempt 2 poll "$LONG")"
is_gone "$SURVIVOR" && is_gone "$INNER" || fail "what a lost job left is alive"
! is_gone "$BYSTANDER" || fail "somebody else was ended"
drive --attempt 2 recover "$LONG" >"$T/out"
expect '^long unknown' "$T/out"
drive --attempt 2 submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 alive || fail "the lost job was not started again"
wait_for 10 state_is 2 open || fail "not open: $(drive --attempt 2 poll "$LONG")"

# A failed build is cleaned: first its job is asked to end, then all is removed but results and logs.
drive clean >"$T/out" || :
wait_for 10 gone || fail "cleaned, but alive: $(marked)"
wait_for 10 drive clean
! ls -d "$LOCAL_BUILD"/root* "$LOCAL_BUILD"/jobs/*/work 2>/dev/null || fail "clean left something"
[ -f "$(build_log long)" ] || fail "clean removed the logs"

# The worker killed: the supervisor says so.
drive prepare >"$T/out" || fail "$(cat "$T/out")"
drive --attempt 3 submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 started 3 || fail "the third attempt did not start: $(said)"
HOLDER=$(supervisor "$(job_of)")
kill -9 "$(cut -d' ' -f1 "/proc/$HOLDER/task/$HOLDER/children")"
wait_for 10 state_is 3 failed || fail "not failed: $(drive --attempt 3 poll "$LONG")"
expect 'ended by signal 9' "$LOCAL_BUILD/jobs/$(job_of)/result.json"
wait_for 10 gone || fail "its worker was killed, but alive: $(marked)"

# SIGTERM is a cancellation too, whoever sends it; a cancel file without a signal as well.
drive --attempt 4 submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 started 4 || fail "the fourth attempt did not start: $(said)"
kill "$(supervisor "$(job_of)")"
wait_for 10 state_is 4 canceled || fail "not cancelled: $(drive --attempt 4 poll "$LONG")"
drive --attempt 5 submit "$LONG" >"$T/out" || fail "$(cat "$T/out")"
wait_for 20 started 5 || fail "the fifth attempt did not start: $(said)"
: >"$LOCAL_BUILD/jobs/$(job_of)/cancel"
wait_for 10 state_is 5 canceled || fail "not cancelled: $(drive --attempt 5 poll "$LONG")"
wait_for 10 gone || fail "cancelled, but alive: $(marked)"

drive discard >"$T/out" || fail "$(cat "$T/out")"
! [ -e "$LOCAL_BUILD" ] && ! [ -e "$T/local/logs/7" ] || fail "discard left something"
