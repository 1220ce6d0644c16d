#!/bin/sh
# SPDX-License-Identifier: MIT
# Imports of finished modules into a Koji hub: what is imported, and how each step is repeated.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
PROBE=$top_builddir/tests/integration/koji_import_probe
DONE="complete module-build-service rida f30-candidate"
ARCHIVES='modulemd.aarch64.txt modulemd.txt modulemd.x86_64.txt'

# model NAME [LINE...]: the stored document of the module, with more lines of its data.
model() {
	model_name=$1
	shift
	cat >"$T/$model_name.yaml" <<-END
		---
		document: modulemd
		version: 2
		data:
		  name: $model_name
		  stream: "rhel-8"
		  version: 60857
		  context: c0ffee42
		  summary: Žluťoučký
		  description: d
		  license:
		    module: [MIT]
		  xmd:
		    mbs: {commit: abc}
		  dependencies:
		  - requires:
		      platform: [f30]
		  profiles:
		    default:
		      rpms: [hello]
		  api:
		    rpms: [hello]
		  filter:
		    rpms: [hello-doc]
		  components:
		    rpms:
		      hello:
		        rationale: r
		        repository: git://secret/hello
		        ref: abc
		        multilib: [x86_64]
		      only:
		        rationale: r
	END
}

# load NAME...: the hub has these modules' tags and builds.
load() {
	hub_py load "$@"
	for load_name; do
		model "$load_name"
	done
}

hub_py() {
	python3 "$top_srcdir/tests/integration/koji_import.py" "$HUB_CONTROL" "$@"
}

# finish NAME,... KEY=VALUE...: passes over the modules; what is said is in $T/said.
finish() {
	finish_names=$1
	shift
	timeout 100 "$PROBE" "$PROFILE" "$T" "$finish_names" base=f30 "$@" >"$T/said" 2>"$T/problem" ||
		fail "the probe: $(cat "$T/said" "$T/problem")"
}

# facts NAMES LINE...: what the hub knows of the modules' builds and those of their complements. Tagging takes a moment.
facts() {
	facts_names=$1
	shift
	printf '%s\n' "$@" >"$T/expected"
	wait_for 10 are_facts || fail "not as expected: $(diff "$T/expected" "$T/facts")"
}
are_facts() {
	# shellcheck disable=SC2086
	hub_py facts $facts_names >"$T/facts"
	cmp -s "$T/expected" "$T/facts"
}

# all_done NAME...: both are complete, ours and tagged.
all_done() {
	facts "$*" "$(for done_name; do
		printf '%s\n' "$done_name $DONE $ARCHIVES" "$done_name-devel $DONE $ARCHIVES"
	done)"
}

# trouble JSON: what the hub does to calls from now on; none: nothing.
trouble() {
	hub_control "{\"do\": \"trouble\", \"clear\": true, \"troubles\": [$*]}" >/dev/null
}

a_module_and_its_complement_are_imported() {
	load plain
	finish plain
	begins reserved
	facts plain "plain building module-build-service rida" "plain-devel building module-build-service rida"
	finish plain
	begins ready --- 'document: modulemd'
	all_done plain
	grep -q '^  arch: x86_64$' "$T/said" || fail "no final document: $(cat "$T/said")"
	! grep -q 'secret\|mbs:' "$T/said" || fail "the final document has what is ours: $(cat "$T/said")"
	[ "$(hub_py file modulemd.x86_64.txt plain)" = "hello-debuginfo.x86_64 hello.i686 hello.src hello.x86_64" ] ||
		fail "x86_64 has $(hub_py file modulemd.x86_64.txt plain)"
	[ "$(hub_py file modulemd.aarch64.txt plain)" = "hello.aarch64 hello.src only.aarch64 only.src" ] ||
		fail "aarch64 has $(hub_py file modulemd.aarch64.txt plain)"
	[ "$(hub_py file modulemd.x86_64.txt plain-devel)" = "hello-doc.noarch only.src" ] ||
		fail "the complement has $(hub_py file modulemd.x86_64.txt plain-devel)"
	[ "$(hub_py file modulemd.txt plain | wc -w)" -eq 9 ] || fail "modulemd.txt is of all RPMs"
}

finishing_again_changes_nothing() {
	load again
	finish again passes=2
	all_done again
	hub_forget
	finish again
	begins ready
	rm "$T/again.reservation"
	finish again
	begins ready
	hub_counts >"$T/counts"
	! grep -qE 'CGImport|CGInitBuild|tagBuild|cancelBuild|checkUpload' "$T/counts" ||
		fail "something was done again: $(cat "$T/counts")"
}

without_imports_only_the_document_is_made() {
	load none
	finish none import=0
	begins ready
	grep -q 'hello-0:1.0-1.none.i686' "$T/said" || fail "no artifacts: $(cat "$T/said")"
	facts none "none absent" "none-devel absent"
}

without_complements_there_is_one_build() {
	load alone
	finish alone devel=0 passes=2
	begins reserved ready
	facts alone "alone $DONE $ARCHIVES" "alone-devel absent"
}

what_was_submitted_is_among_the_files() {
	load source
	finish source devel=0 passes=2 source='the author wrote it'
	facts source "source $DONE modulemd.aarch64.txt modulemd.src.txt modulemd.txt modulemd.x86_64.txt" \
		"source-devel absent"
}

# break_at WHAT NAME N: the Nth request of a pass over the module meets with WHAT; then passes go on until it is ready.
break_at() {
	trouble "$1, \"skip\": $3}"
	finish "$2" passes=8
	grep -q '^ready' "$T/said" || fail "request $3 of $2 met with $1}: $(cat "$T/said")"
	grep -Eq '^(unavailable|unknown-outcome|internal)[ :]' "$T/said" || unharmed=$((unharmed + 1))
}

# The answer is lost, and the hub says of the call that is sent again that it was done.
an_import_whose_answer_is_lost_is_found_in_the_same_pass() {
	load found
	finish found
	hub_profile "$T/again.conf" 'max_retries = 1' 'retry_interval = 0'
	trouble '{"what": "status", "status": 502, "executed": true, "method": "CGImport", "next": 1}'
	PROFILE=$T/again.conf
	finish found
	PROFILE=$T/hub.conf
	begins ready ---
	all_done found
}

# How many requests a whole import takes.
import_requests() {
	load counted
	hub_forget
	finish counted passes=2
	begins reserved ready
	hub_counts | sed 's/.*"requests": *\([0-9]*\).*/\1/'
}

# A connection that breaks before or after the hub has done the call, and once more when curl sends it again, ends
# the pass; logouts do not matter, and uploads go on by themselves.
a_pass_may_be_cut_off_at_each_request() {
	count=$(import_requests)
	[ "$count" -gt 20 ] || fail "an import of $count requests"
	names=$(for number in $(seq 0 $((count - 1))); do echo "made$number lost$number"; done)
	# shellcheck disable=SC2086
	load $names
	unharmed=0
	for number in $(seq 0 $((count - 1))); do
		break_at '{"what": "reset", "next": 2, "executed": true' "made$number" "$number"
		break_at '{"what": "reset", "next": 2' "lost$number" "$number"
	done
	trouble
	# shellcheck disable=SC2086
	all_done $names
	[ "$unharmed" -lt "$count" ] || fail "$unharmed of $((2 * count)) cuts did no harm"
}

# kill_at METHOD: the process is killed while the hub holds the call, which is then done all the same.
kill_at() {
	kill_name=kill$(echo "$1" | tr -d '[:upper:]')
	load "$kill_name"
	[ "$2" = 1 ] || finish "$kill_name"
	trouble "{\"what\": \"hold\", \"method\": \"$1\"}"
	launch probe "$PROBE" "$PROFILE" "$T" "$kill_name" base=f30
	wait_for 20 is_held || fail "$1 does not come: $(launched_log probe)"
	kill -9 "$LAUNCHED"
	wait_for 10 is_gone "$LAUNCHED" || fail "the probe lives on"
	hub_control '{"do": "release"}' >/dev/null
	wait_for 10 is_released || fail "$1 is still held"
	finish "$kill_name" passes=4
	grep -q '^ready' "$T/said" || fail "killed in $1: $(cat "$T/said")"
	all_done "$kill_name"
}
is_held() {
	[ "$(hub_control '{"do": "held"}')" = 1 ]
}
is_released() {
	[ "$(hub_control '{"do": "held"}')" = 0 ]
}

a_process_may_be_killed_in_each_write() {
	kill_at CGInitBuild 1
	kill_at CGImport 2
	kill_at tagBuild 2
}

a_build_of_somebody_else_is_named_and_left_alone() {
	load taken
	hub_control '{"do": "load", "builds": [{"nvr": "taken-rhel_8-60857.c0ffee42", "owner": "kojiadmin", "rpms": [["taken", "src"]]}]}' >/dev/null
	finish taken
	begins 'conflict: Koji already has a build taken-rhel_8-60857.c0ffee42, number * of kojiadmin, *'
	facts taken "taken complete None kojiadmin" "taken-devel absent"
}

a_build_of_another_build_of_the_module_is_not_ours() {
	load other
	finish other passes=2
	finish other id=2
	begins 'conflict: Koji already has a build other-*'
}

# One that is done, one that has a reservation, one whose tag is gone, one that is somebody's, one that is new.
modules_are_imported_together_and_fail_alone() {
	load ended begun untagged theirs new
	finish ended id=2 passes=2
	finish theirs passes=2
	finish begun id=2
	hub_control '{"do": "call", "method": "deleteTag", "params": ["module-untagged"]}' >/dev/null
	finish ended,begun,untagged,theirs,new id=2 passes=2
	grep -E '^(ready|reserved|[a-z]+: [A-Zt])' "$T/said" | cut -d' ' -f1-6 >"$T/lines"
	printf '%s\n' ready ready reserved 'conflict: Koji already has a build' reserved \
		'missing: there is no tag module-untagged' 'conflict: Koji already has a build' ready >"$T/wanted"
	cmp -s "$T/wanted" "$T/lines" || fail "$(diff "$T/wanted" "$T/lines")"
	all_done ended begun theirs new
}

# A reservation that somebody cancelled, or that was made anew behind our back.
a_reservation_that_is_gone_is_made_again() {
	load gone
	finish gone
	hub_control '{"do": "call", "method": "cancelBuild", "params": ["gone-rhel_8-60857.c0ffee42"]}' >/dev/null
	finish gone passes=2
	begins reserved ready
	all_done gone
	load stale
	finish stale
	sed 's/"token":"./"token":"x/g' "$T/stale.reservation" >"$T/changed"
	mv "$T/changed" "$T/stale.reservation"
	finish stale passes=5
	begins 'unavailable: *' reserved
	grep -q '^ready' "$T/said" || fail "not ready: $(cat "$T/said")"
	all_done stale
}

a_lost_token_is_reserved_again() {
	load token
	finish token
	rm "$T/token.reservation"
	finish token passes=2
	begins reserved ready
	all_done token
}

what_a_failed_module_has_reserved_is_given_back() {
	load failed
	finish failed
	finish failed clean=1
	begins nothing
	facts failed "failed canceled module-build-service rida" "failed-devel canceled module-build-service rida"
	finish failed passes=2
	begins reserved ready
	hub_forget
	finish failed clean=1
	! hub_counts | grep -q cancelBuild || fail "what is imported was cancelled"
	all_done failed
}

# Members that are nil in the first answers of a method: nothing wrong comes of it.
what_makes_no_sense_is_asked_again() {
	members='getBuild:nvr getBuild:state getBuild:id getBuild:owner_id getTag:name getTag:id getTag:arches
		listTaggedRPMS:name listTaggedRPMS:version listTaggedRPMS:release listTaggedRPMS:arch listTaggedRPMS:nvr
		listTaggedRPMS:payloadhash listTaggedRPMS:id listTaggedRPMS:build_id getRPMHeaders:license
		getRPMHeaders:exclusivearch getRPMHeaders:excludearch CGInitBuild:token CGInitBuild:build_id CGImport:nvr
		listTags:name'
	names=$(echo $members | tr -d '[:upper:]' | tr ' :' '\n-' | tr -d _)
	# shellcheck disable=SC2086
	load $names
	for member in $members; do
		name=$(echo "$member" | tr -d '[:upper:]_' | tr : -)
		trouble "{\"what\": \"nil\", \"method\": \"${member%:*}\", \"field\": \"${member#*:}\", \"next\": 5}"
		finish "$name" passes=12
		grep -q '^ready' "$T/said" || fail "$member: $(cat "$T/said")"
	done
	trouble
	# shellcheck disable=SC2086
	all_done $names
	# shellcheck disable=SC2086
	hub_py file modulemd.x86_64.txt $names | sort -u >"$T/contents"
	[ "$(cat "$T/contents")" = "hello-debuginfo.x86_64 hello.i686 hello.src hello.x86_64" ] ||
		fail "a module has $(cat "$T/contents")"
}

rpms_that_cannot_be_read_stop_the_import() {
	load empty
	finish empty
	trouble '{"what": "nil", "field": "license", "method": "getRPMHeaders", "skip": 3}'
	finish empty
	begins 'unavailable: the hub does not say the license of *; nothing was imported'
	trouble '{"what": "result", "value": {}, "method": "getRPMHeaders"}'
	finish empty
	begins 'unavailable: the hub does not say the license of *'
	trouble '{"what": "set", "field": "arches", "value": "x86_64 ../x", "method": "getTag"}'
	finish empty
	begins "unavailable: *: the hub's answer makes no sense"
	trouble '{"what": "result", "value": [[], []], "method": "listTaggedRPMS"}'
	finish empty
	begins 'unavailable: hello-1.0-1.empty is not in tag module-empty: *'
	trouble '{"what": "fault", "code": 1014, "text": "planned outage", "method": "multiCall", "skip": 1}'
	finish empty
	begins 'unavailable outage: *'
	trouble
	facts empty "empty building module-build-service rida" "empty-devel building module-build-service rida"
	finish empty
	begins ready
	all_done empty
}

who_may_not_import_is_told_what_to_ask_for() {
	load access
	hub_profile "$T/nobody.conf" 'user = nobody1' 'password = nobodypw'
	PROFILE=$T/nobody.conf
	finish access
	PROFILE=$T/hub.conf
	begins "internal: Koji's administrators must let us import builds (koji grant-cg-access *"
	facts access "access absent" "access-devel absent"
}

an_owner_whom_koji_does_not_know_is_left_out() {
	load owner
	finish owner owner=stranger passes=2
	begins reserved ready
	all_done owner
}

# The template's tag is that of the base module's stream; without one, the default; without that, none.
a_tag_that_does_not_take_the_build_fails_nothing() {
	load tagged
	finish tagged base=f31 passes=2
	begins reserved ready 'reason: tagged-rhel_8-60857.c0ffee42 is not tagged: Koji has no tag f31-candidate or default-candidate'
	facts tagged "tagged complete module-build-service rida $ARCHIVES" \
		"tagged-devel complete module-build-service rida $ARCHIVES"
	hub_control '{"do": "load", "tags": [{"name": "default-candidate"}]}' >/dev/null
	finish tagged base=f31
	begins ready 'reason: tagged-rhel_8-60857.c0ffee42 is not tagged into default-candidate: *not in list for*'
	hub_control '{"do": "load", "tags": [{"name": "default-candidate", "packages": {"tagged": "rida", "tagged-devel": "rida"}}]}' >/dev/null
	finish tagged base=f31
	begins ready ---
	facts tagged "tagged complete module-build-service rida default-candidate $ARCHIVES" \
		"tagged-devel complete module-build-service rida default-candidate $ARCHIVES"
	finish tagged tag=0
	begins ready ---
}

large_metadata_go_the_way_of_the_files() {
	load large
	awk '{ print } /^  filter:/ { getline; printf "    rpms: [hello-doc"; for (i = 0; i < 40000; i++) printf ", f%d", i; print "]" }' \
		"$T/large.yaml" >"$T/larger"
	mv "$T/larger" "$T/large.yaml"
	hub_forget
	finish large passes=2
	begins reserved ready
	hub_control '{"do": "log"}' | grep -o '"CGImport", 0, [0-9]*' >"$T/calls"
	awk '$3 > 2000 { exit 1 } END { exit NR != 2 }' "$T/calls" || fail "calls as large as $(cat "$T/calls")"
	all_done large
	[ "$(hub_py file modulemd.aarch64.txt large)" = "hello.aarch64 hello.src only.aarch64 only.src" ] ||
		fail "aarch64 has $(hub_py file modulemd.aarch64.txt large)"
}

start_hub --step-ms 1
PROFILE=$T/hub.conf
hub_profile "$PROFILE" 'max_retries = 0'
run_tests a_module_and_its_complement_are_imported finishing_again_changes_nothing \
	without_imports_only_the_document_is_made without_complements_there_is_one_build \
	what_was_submitted_is_among_the_files an_import_whose_answer_is_lost_is_found_in_the_same_pass \
	a_pass_may_be_cut_off_at_each_request a_process_may_be_killed_in_each_write \
	a_build_of_somebody_else_is_named_and_left_alone a_build_of_another_build_of_the_module_is_not_ours \
	modules_are_imported_together_and_fail_alone \
	what_a_failed_module_has_reserved_is_given_back what_makes_no_sense_is_asked_again \
	a_reservation_that_is_gone_is_made_again a_lost_token_is_reserved_again rpms_that_cannot_be_read_stop_the_import \
	who_may_not_import_is_told_what_to_ask_for an_owner_whom_koji_does_not_know_is_left_out \
	a_tag_that_does_not_take_the_build_fails_nothing large_metadata_go_the_way_of_the_files
