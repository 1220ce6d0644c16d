# SPDX-License-Identifier: MIT
# The slots of the Koji builder against the stand-in hub. Source it after env.sh.
. "$top_srcdir/tests/integration/koji.sh"
need curl python3 rpmbuild bwrap
TASKS=$top_builddir/tests/integration/koji_tasks_probe
TARGET=module-foo-master-1-aaaa0000
DIST=module+f30+1+0123abcd
GIT=git://127.0.0.1:9/rpms

# tasks COMMAND ELEMENTS...: what the probe prints is in $T/said.
tasks() {
	timeout 100 "$TASKS" -c "$T/hub.conf" -s "$T/state" "$@" >"$T/said" 2>"$T/problem" ||
		fail "koji_tasks_probe $*: $(cat "$T/said" "$T/problem")"
}

# a_hub [OPTION...]: the hub of a case, with the tags and the target of a module.
a_hub() {
	[ -z "${HUB_PID:-}" ] || stop "$HUB_PID"
	start_hub --step-ms 20 "$@"
	hub_profile "$T/hub.conf" 'retry_interval = 0'
	load_module
}
load_module() {
	hub_control '{"do": "load", "tags": [
		{"name": "module-base-f30-1-00000000", "arches": "x86_64"},
		{"name": "'"$TARGET"'", "arches": "x86_64",
			"packages": {"good": "rida", "fail": "rida", "hang": "rida", "module-build-macros": "rida"}},
		{"name": "'"$TARGET"'-build", "arches": "x86_64", "parents": ["'"$TARGET"'", "module-base-f30-1-00000000"],
			"groups": {"build": ["bash"], "srpm-build": ["bash"]}, "repo": true}],
		"targets": [{"name": "'"$TARGET"'", "build_tag": "'"$TARGET"'-build", "dest_tag": "'"$TARGET"'"}],
		"rules": [{"target": "'"$TARGET"'", "dist": ".'"$DIST"'"}]}' >/dev/null
}
again() {
	hub_control '{"do": "reset"}' >/dev/null
	hub_forget
	load_module
}

# ledger KEY...: each of these keys has one task, and there are no others.
ledger() {
	hub_control '{"do": "ledger"}' | python3 -c 'import json, sys
found = json.load(sys.stdin)["keys"]
if {key: len(tasks) for key, tasks in found.items()} != dict.fromkeys(sys.argv[1:], 1):
    sys.exit(f"the tasks are {found}")' "$@" || fail "not one task for each of: $*"
}

# held COUNT: the hub holds so many calls.
held() {
	[ "$(hub_control '{"do": "held"}')" -eq "$1" ]
}
release() {
	hub_control '{"do": "release"}' >/dev/null
}

# start_lost STAGE [ELEMENT]: a submission whose sender dies while the hub holds it; sets SESSION.
start_lost() {
	hub_control '{"do": "trouble", "troubles": [{"what": "hold", "method": "build", "stage": "'"$1"'"}]}' >/dev/null
	"$TASKS" -c "$T/hub.conf" -s "$T/state" session - submit "${2:-k1/good}" >"$T/lost" 2>&1 &
	lost=$!
	remember "$lost"
	wait_for 10 held 1 ||
		fail "nothing is held: $(cat "$T/lost")"
	SESSION=$(sed -n 1p "$T/lost")
	kill -9 "$lost"
	wait "$lost" 2>/dev/null || :
}
