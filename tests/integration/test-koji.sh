#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole life of modules in Koji: from a POST through nginx, by real passes, to a hub that answers as a real one does.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/koji.sh"
need nginx git curl jq rpmbuild bwrap python3
start_koji

# lists FILTER: the names that jq finds in a hub's answer, in order.
lists() {
	jq -r "$1" | sort | tr '\n' ' '
}

the_sample_becomes_a_module_in_koji() {
	post greetings "$SAMPLE_COMMIT"
	sample=$ID
	reach "$ID" ready
	tag=$(tag_of "$ID")
	expect "the tag" "$tag" "module-greetings-sample-$(sql "SELECT version FROM builds WHERE id = $ID")-00000000"
	run_scheduler 2>>"$T/log/scheduler"
	expect "where it is" "$(jq -r "select(.body.id == $ID) | .body.topdir // \"none\"" "$MESSAGES" | uniq | tr '\n' ' ')" \
		"none http://files.example/kojifiles/repos/$tag-build/latest "
	expect "the messages" "$(jq -r "select(.body.id == $ID) | .body.state_name + \" \" + (.body.koji_tag // \"none\")" "$MESSAGES" | tr '\n' ' ')" \
		"init none wait $tag build $tag done $tag ready $tag "
	expect "tasks of the components" "$(build_tasks "$(target_of "$ID")" | sort | tr '\n' ' ')" 'greet greet-letter greet-words module-build-macros '
}

its_tags_are_made_as_they_should_be() {
	for name in "$tag" "$tag-build"; do
		expect "$name" "$(hub_call getTag "\"$name\"" | jq -c '[.arches, .perm, .locked, .extra]')" \
			'["x86_64","tag",false,{"mock.package_manager":"dnf","repo_include_all":true,"mock.new_chroot":0,"mock.yum.module_hotfixes":1}]'
	done
	expect "the parents" "$(hub_call getInheritanceData "\"$tag-build\"" | jq -c '[.[] | [.name, .priority]]')" '[["f40-build",0]]'
	expect "the parents of the other tag" "$(hub_call getInheritanceData "\"$tag\"" | jq -c .)" '[]'
	groups=$(hub_call getTagGroups "\"$tag-build\"" null false)
	expect "the groups" "$(echo "$groups" | lists '.[].name')" 'build srpm-build '
	expect "packages of build" "$(echo "$groups" | lists '.[] | select(.name == "build") | .packagelist[].package')" \
		'bash gcc make module-build-macros redhat-rpm-config rpm-build '
	expect "packages of srpm-build" "$(echo "$groups" | lists '.[] | select(.name == "srpm-build") | .packagelist[].package')" \
		'bash git-core module-build-macros redhat-rpm-config rpm-build '
	for name in "$tag" "$tag-build"; do
		expect "packages of $name" "$(hub_call listPackages "\"$name\"" | lists '.[].package_name')" \
			'greet greet-letter greet-words module-build-macros '
	done
	expect "the target" "$(hub_call getBuildTarget "\"$(target_of "$sample")\"" | jq -r '.build_tag_name + " " + .dest_tag_name')" "$tag-build $tag"
}

each_component_is_in_both_tags_and_repositories_are_made_when_needed() {
	expect "what is in the build tag" "$(hub_call listTagged "\"$tag-build\"" | lists '.[].name')" 'greet greet-letter greet-words module-build-macros '
	expect "what is in the tag" "$(hub_call listTagged "\"$tag\"" | lists '.[].name')" 'greet greet-letter greet-words '
	dist=$(sql "SELECT dist FROM builds WHERE id = $sample")
	expect "other dist tags" "$(hub_call listTagged "\"$tag-build\"" | jq -r '.[].nvr' | grep -vcF "$dist")" 0
	expect "repositories that rida asked for" "$(repos_asked "$tag-build")" 3
}

the_module_and_its_devel_are_builds_of_the_content_generator() {
	nvr=$(sql "SELECT CONCAT(stream, '-', version, '.', context) FROM builds WHERE id = $sample")
	for name in greetings greetings-devel; do
		expect "$name" "$(hub_call getBuild "\"$name-$nvr\"" | jq -r '[.state, .cg_name, .extra.typeinfo.module.content_koji_tag] | @tsv')" \
			"$(printf '1\tmodule-build-service\t%s' "$tag")"
		expect "tags of $name" "$(hub_call listTags "\"$name-$nvr\"" | lists '.[].name')" 'f40-modular-updates-candidate '
	done
}

its_page_links_to_koji() {
	curl -sSf -H 'Accept: text/html' "$API/module-builds/$sample" >"$T/page"
	task=$(sql "SELECT task_id FROM components WHERE build_id = $sample AND name = 'greet'")
	for link in "taskinfo?taskID=$task" "taginfo?tagID=$tag" "taginfo?tagID=$tag-build" "buildtargetinfo?name=$(target_of "$sample")"; do
		grep -qF "https://koji.example.org/koji/$link" "$T/page" || fail "the page does not link to $link"
	done
}

# rules JSON: how the hub's tasks go from now on.
rules() {
	hub_control "{\"do\": \"rules\", \"rules\": [${1:-}]}" >/dev/null
}

# component BUILD NAME COLUMN
component() {
	sql "SELECT $3 FROM components WHERE build_id = $1 AND name = '$2'"
}

a_component_fails_in_its_batch_and_its_siblings_are_finished() {
	rules '{"package": "dye", "outcome": "fail"}, {"package": "thread", "ms": 60}'
	cloth=$(make_module cloth loom:0 dye:0 thread:0 shirt:5)
	post cloth "$cloth"
	reach "$ID" failed
	expect "the reason" "$(reason_of "$ID")" 'Component(s) dye failed to build.'
	case $(component "$ID" dye state_reason) in
	*'error building package (arch x86_64), mock exited with status 1'*) ;;
	*) fail "the component does not say what Koji said: $(component "$ID" dye state_reason)" ;;
	esac
	expect "the siblings" "$(component "$ID" loom state) $(component "$ID" thread state) $(component "$ID" shirt task_id)" '1 1 0'
	expect "tasks" "$(build_tasks "$(target_of "$ID")" | sort | tr '\n' ' ')" 'dye loom module-build-macros thread '
	pass
	expect "the target is gone" "$(hub_call getBuildTarget "\"$(target_of "$ID")\"")" null
}

a_module_that_is_posted_again_keeps_what_was_built() {
	rules
	post cloth "$cloth"
	reach "$ID" ready
	expect "tasks" "$(build_tasks "$(target_of "$ID")" | sort | tr '\n' ' ')" 'dye dye loom module-build-macros shirt thread '
	expect "what is in the tag" "$(hub_call listTagged "\"$(tag_of "$ID")\"" | lists '.[].name')" 'dye loom shirt thread '
	expect "states" "$(sql "SELECT GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id = $ID")" 0,1,2,4,1,2,3,5
}

a_module_is_built_with_another() {
	cloth_tag=$(tag_of "$ID")
	post coat "$(WITH=cloth make_module coat button:0)"
	reach "$ID" ready
	expect "the parents" "$(hub_call getInheritanceData "\"$(tag_of "$ID")-build\"" | jq -r '.[].name' | tr '\n' ' ')" "$cloth_tag f40-build "
}

# cancel BUILD: as a person does.
cancel() {
	status=$(curl -sS -o "$T/answer" -w '%{http_code}' -X PATCH -H 'Content-Type: application/json' -d '{"state": "failed"}' \
		"$API/module-builds/$1")
	[ "$status" = 200 ] || [ "$status" = 202 ] || fail "PATCH was answered $status: $(cat "$T/answer")"
}

# end_canceled BUILD: it fails and its target goes.
end_canceled() {
	reach "$1" failed
	until_sql 1 "SELECT is_cleaned FROM builds WHERE id = $1"
	expect "the reason" "$(reason_of "$1")" 'Canceled by anonymous.'
	expect "the target" "$(hub_call getBuildTarget "\"$(target_of "$1")\"")" null
}

a_cancelled_build_leaves_no_task_and_no_target() {
	rules '{"package": "anvil", "outcome": "hang"}'
	post forge "$(make_module forge anvil:0 hammer:0 sword:5)"
	until_sql 1 "SELECT COUNT(*) FROM components WHERE build_id = $ID AND name = 'hammer' AND state = 1"
	until_sql 1 "SELECT task_state FROM components WHERE build_id = $ID AND name = 'anvil'"
	cancel "$ID"
	end_canceled "$ID"
	expect "tasks that live" "$(hub_tasks build | jq "map(select(.request[1] == \"$(target_of "$ID")\") | select([.state] | inside([0, 1, 4]))) | length")" 0
	expect "the task" "$(hub_call getTaskInfo "$(component "$ID" anvil task_id)" | jq .state)" 3
	expect "the component" "$(component "$ID" anvil task_state)" 3
}

# Newer hubs make repositories on requests, which several builds may share.
a_cancelled_build_ends_its_repository_too_where_it_has_a_task() {
	hub_control '{"do": "set", "version": "1.21.0"}' >/dev/null
	rules '{"package": "module-build-macros", "polls": 3}'
	post quarry "$(make_module quarry stone:0)"
	until_sql 1 "SELECT task_id > 0 FROM components WHERE build_id = $ID AND name = 'module-build-macros'"
	wait_for 10 has_repo "$(tag_of "$ID")-build" || fail "the hub has made no repository"
	rules '{"method": "newRepo", "tag": "module-quarry-*", "outcome": "hang"}'
	until_sql 1 "SELECT repo_task_id > 0 FROM builds WHERE id = $ID"
	cancel "$ID"
	end_canceled "$ID"
	expect "repository tasks that live" "$(hub_tasks newRepo | jq "map(select(.request[0] == \"$(tag_of "$ID")-build\") | select([.state] | inside([0, 1, 4]))) | length")" 0
	hub_control '{"do": "set", "version": "1.35.3"}' >/dev/null
}
has_repo() {
	[ "$(hub_call getRepo "\"$1\"")" != null ]
}

# most_at_once TARGET...: the most build tasks for these targets that the hub had at one instant.
most_at_once() {
	hub_tasks build | jq --arg targets "$*" '($targets | split(" ")) as $t | map(select(.request[1] as $x | $t | index($x)))
		| . as $all | map(.create_ts as $at | $all | map(select(.create_ts <= $at and (.completion_ts == null or .completion_ts > $at))) | length) | max'
}

modules_share_the_limit() {
	rules '{"package": "brick*", "ms": 25}'
	configure_koji 'num_concurrent_builds: 3'
	post tower "$(make_module tower brick1:0 brick2:0 brick3:0 brick4:0)"
	tower=$ID
	post wall "$(make_module wall brick5:0 brick6:0 brick7:0)"
	reach "$tower" ready
	reach "$ID" ready
	expect "tasks at once" "$(most_at_once "$(target_of "$tower")" "$(target_of "$ID")")" 3
	configure_koji
}

macros_that_rida_does_not_know_of_are_found() {
	rules
	hub_control '{"do": "trouble", "troubles": [{"what": "hold", "method": "build"}]}' >/dev/null
	post ghost "$(make_module ghost sheet:0)"
	"$top_builddir/scheduler/rida-scheduler" >>"$T/log/scheduler" 2>&1 &
	killed=$!
	remember "$killed"
	wait_for 20 held 1 || fail "the submission did not come: $(launched_log scheduler)"
	kill -9 "$killed"
	wait "$killed" 2>/dev/null || :
	hub_control '{"do": "release"}' >/dev/null
	expect "the task that is recorded" "$(component "$ID" module-build-macros task_id)" 0
	reach "$ID" ready
	expect "tasks" "$(build_tasks "$(target_of "$ID")" | tr '\n' ' ')" 'module-build-macros sheet '
}
held() {
	[ "$(hub_control '{"do": "held"}')" = "$1" ]
}

# during WORDS: passes while the hub is away; nothing fails, and the page tells why nothing happens.
during() {
	pass
	pass
	none "$1: components that failed" "SELECT name FROM components WHERE build_id = $ID AND state IN (3, 4)"
	expect "$1: it has failed" "$(state_of "$ID")" build
	expect "$1: counted" "$(sql "SELECT attempts FROM claims WHERE build_id = $ID")" 0
	curl -sSf -H 'Accept: text/html' "$API/module-builds/$ID" >"$T/page"
	grep -qF "$1" "$T/page" || fail "the page does not say \"$1\": $(sql "SELECT last_error FROM claims WHERE build_id = $ID")"
}

trouble() {
	hub_control "{\"do\": \"trouble\", \"clear\": true, \"troubles\": [${1:-}]}" >/dev/null
}

# outages: of each kind, one after the other.
outages() {
	trouble '{"what": "offline", "next": 1000}'
	during 'planned outage'
	trouble '{"what": "status", "status": 503, "next": 1000}'
	during 503
	trouble
	cp "$T/koji.conf" "$T/koji.conf.good"
	sed -i "s|^server = .*|server = http://127.0.0.1:$(free_port)/kojihub|" "$T/koji.conf"
	during 'cannot be reached'
	mv "$T/koji.conf.good" "$T/koji.conf"
}

an_outage_fails_nothing_and_is_told() {
	rules '{"package": "ebb", "outcome": "hang"}'
	post tide "$(make_module tide ebb:0 flow:5)"
	outages
	until_sql 1 "SELECT task_id > 0 FROM components WHERE build_id = $ID AND name = 'ebb'"
	outages
}

an_outage_at_any_call_fails_nothing() {
	hub_control "{\"do\": \"task\", \"id\": $(component "$ID" ebb task_id), \"finish\": true}" >/dev/null
	rules
	trouble "$(for method in getTaskInfo listBuilds listTagged tagBuild getRepo 'repo[.]request' build CGInitBuild rawUpload CGImport; do
		echo "{\"what\": \"offline\", \"method\": \"$method\"}, {\"what\": \"expire\", \"method\": \"$method\"},"
	done | sed '$s/,$//')"
	told=$(grep -c 'planned outage' "$T/log/scheduler")
	reach "$ID" ready
	trouble
	told=$(($(grep -c 'planned outage' "$T/log/scheduler") - told))
	[ "$told" -ge 6 ] || fail "only $told calls were refused"
	expect "tasks" "$(build_tasks "$(target_of "$ID")" | tr '\n' ' ')" 'module-build-macros ebb flow '
}

an_unknown_base_module_is_refused_with_words() {
	RIDA_BASE_MODULE=$T/f99.yaml
	sed 's/stream: f40/stream: f99/' "$top_srcdir/tests/fixtures/koji-platform.yaml" >"$RIDA_BASE_MODULE"
	post castle "$(make_module castle moat:0)"
	RIDA_BASE_MODULE=$top_srcdir/tests/fixtures/koji-platform.yaml
	reach "$ID" failed
	expect "the reason" "$(reason_of "$ID")" 'platform:f99 is required for building, and there is no such base module, and no ready build of it'
}

# keep_book: the hub's ledger, for what holds in the end, and that nothing foreign was touched. It begins anew.
keep_book() {
	hub_control '{"do": "ledger"}' | jq -c '.keys | to_entries[] | .key as $key | .value[] | {event: "submit", key: $key}' >>"$LEDGER"
	hub_control '{"do": "places"}' >"$T/places"
	jq -c '.[] | select(.[2] == "rida" and .[0] != "listTagged") | select((.[1] | test("^(module|scrmod)-") | not)
		and ((.[0] == "tagBuild" and .[1] == "f40-modular-updates-candidate") | not))' "$T/places" >"$T/foreign"
	[ ! -s "$T/foreign" ] || fail "foreign places were touched: $(cat "$T/foreign")"
	hub_forget
}

requests_to_the_hub_are_counted() {
	run_scheduler --print-metrics >"$T/metrics"
	for answer in good fault none; do
		grep -q "^rida_koji_requests_total{answer=\"$answer\"} [0-9]" "$T/metrics" || fail "$answer answers: $(cat "$T/metrics")"
	done
	[ "$(sed -n 's/^rida_koji_requests_total{answer="good"} //p' "$T/metrics")" -gt 50 ] || fail "good answers: $(cat "$T/metrics")"
}

nothing_else_was_touched() {
	keep_book
	[ "$(jq length "$T/places")" -gt 50 ] || fail "the hub has noted nothing: $(cat "$T/places")"
}

# counted_pass: one pass, whose counts join $T/counts. It logs in once; it lists a module's tags once, and
# again only after it has changed what is in them.
counted_pass() {
	pass
	hub_counts >"$T/count"
	cat "$T/count" >>"$T/counts"
	keep_book
	logins=$(jq '.methods.login.http // 0' "$T/count")
	[ "$logins" -le 1 ] && [ "$logins" = "$(jq '.methods.logout.http // 0' "$T/count")" ] || fail "logins: $(cat "$T/count")"
	often=$(jq -c 'map(select(.[0] | test("listTagged|tagBuild"))) | group_by(.[1] | rtrimstr("-build"))[]
		| select((map(select(.[0] == "listTagged")[3]) | max) > 1 + (map(select(.[0] == "tagBuild")[3]) | add))' "$T/places")
	[ -z "$often" ] || fail "listed again and again in one pass: $often"
}

two_modules_need_few_requests() {
	rules '{"package": "*", "polls": 2}'
	post sonnet "$(make_module sonnet verse:0 rhyme:0 couplet:5)"
	sonnet=$ID
	post ode "$(make_module ode strophe:0 metre:0 epode:5)"
	passes=0
	until [ "$(state_of "$sonnet") $(state_of "$ID")" = 'ready ready' ]; do
		counted_pass
		passes=$((passes + 1))
		[ "$passes" -lt 100 ] || fail "not ready after $passes passes"
	done
	requests=$(jq -s 'map(.requests) | add' "$T/counts")
	note "two modules of four components: $passes passes, $requests requests, by method (requests, calls inside a request):"
	jq -rs 'map(.methods | to_entries[]) | group_by(.key)[] | "\(.[0].key) \(map(.value.http) | add) \(map(.value.inside) | add)"' "$T/counts" >&2
	[ "$requests" -le 260 ] || fail "$requests requests"
}

run_tests the_sample_becomes_a_module_in_koji its_tags_are_made_as_they_should_be \
	each_component_is_in_both_tags_and_repositories_are_made_when_needed \
	the_module_and_its_devel_are_builds_of_the_content_generator its_page_links_to_koji \
	a_component_fails_in_its_batch_and_its_siblings_are_finished a_module_that_is_posted_again_keeps_what_was_built \
	a_module_is_built_with_another a_cancelled_build_leaves_no_task_and_no_target a_cancelled_build_ends_its_repository_too_where_it_has_a_task \
	modules_share_the_limit \
	macros_that_rida_does_not_know_of_are_found an_outage_fails_nothing_and_is_told an_outage_at_any_call_fails_nothing \
	an_unknown_base_module_is_refused_with_words requests_to_the_hub_are_counted nothing_else_was_touched \
	two_modules_need_few_requests
pass
keep_book
check_invariants
