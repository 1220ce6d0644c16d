#!/bin/sh
# SPDX-License-Identifier: MIT
# The stand-in hub answers as the recorded one: every exchange is played against it.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"

replay() {
	python3 "$top_srcdir/tests/integration/hub_replay.py" "$top_srcdir/tests/fixtures/koji" \
		"$top_srcdir/tests/integration/hub-replay.txt" "${HUB_URL%/kojihub}"
}

the_stand_in_answers_as_the_recorded_hub() {
	start_hub
	replay || fail "the stand-in is not like the hub"
	stop "$HUB_PID"
}

# differs TROUBLE PATTERN: with that trouble the replay must fail and say so.
differs() {
	start_hub
	hub_control "{\"do\": \"trouble\", \"troubles\": [$1]}" >/dev/null
	! replay >"$T/differences" || fail "the comparison does not see $1"
	grep -q "$2" "$T/differences" || fail "$1 shows as $(head -3 "$T/differences")"
	stop "$HUB_PID"
}

a_difference_is_seen() {
	differs '{"what": "nil", "field": "state", "method": "getTaskInfo"}' \
		'^getTaskInfo_newRepo_running: .state: NoneType in place of int'
	differs '{"what": "failure", "code": 1000, "text": "no", "method": "untagBuild", "skip": 1}' \
		'^untagBuild_not_tagged_fault: '
	differs '{"what": "result", "value": [], "method": "listTagged", "skip": 3}' '^listTagged: : 0 elements in place'
}

run_tests the_stand_in_answers_as_the_recorded_hub a_difference_is_seen
