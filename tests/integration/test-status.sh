#!/bin/sh
# SPDX-License-Identifier: MIT
# The service's status, as data and as a page in Chromium, large and small: figures, what is wrong, and why each build
# waits, in the words that the machine prints and that the build's own page says, too.
. "${top_srcdir:?}/tests/integration/pages.sh"
PAGE='Accept: text/html'
STATUS_URL=/rida/status

start_scheduler_db 'num_concurrent_builds: 5' 'gate: external' 'due_gate: 3600'
start_front

# waits ID STATE NUMBER [DUE [QUARANTINED [ATTEMPTS [ERROR]]]]: a build that waits for that; times as SQL.
waits() {
	make_build "$1" "module$1" "$2"
	rows "INSERT INTO claims (build_id, due_at, waits_for, waits_since, looked_at, quarantined_at, attempts, last_error)
		VALUES ($1, ${4:-UTC_TIMESTAMP(6) + INTERVAL 30 SECOND}, $3, UTC_TIMESTAMP(6) - INTERVAL 125 SECOND,
		UTC_TIMESTAMP(6) - INTERVAL 5 SECOND, ${5:-NULL}, ${6:-0}, '${7:-}')"
	rows "UPDATE builds SET gen = gen + 1, modified_at = UTC_TIMESTAMP(6) - INTERVAL 600 SECOND,
		submitted_at = UTC_TIMESTAMP(6) - INTERVAL 900 SECOND WHERE id = $1"
}

all_is_well_when_nothing_waits() {
	get $STATUS_URL
	body_is '.waiting == [] and .next == null and .maintenance == false and .slots_limit == 5 and .builds.ready == 0 and .last_pass == null'
	get $STATUS_URL -H "$PAGE"
	body_has 'All is well'
	body_has 'No build waits for anything.'
	body_has 'http-equiv="refresh"'
}

each_kind_of_waiting_has_its_words() {
	waits 1 0 1
	waits 2 1 2
	waits 3 2 3
	waits 4 2 4
	waits 5 2 5
	waits 6 2 6
	waits 7 2 7
	waits 8 2 8
	waits 9 2 9
	waits 10 3 10
	waits 11 2 11 'UTC_TIMESTAMP(6) + INTERVAL 1900 SECOND' NULL 0 'builder koji: https://koji.example.org/kojihub cannot be reached'
	waits 12 2 12 'UTC_TIMESTAMP(6) + INTERVAL 60 SECOND' NULL 4 'the sandbox ended with 9 <script>'
	waits 13 2 12 'UTC_TIMESTAMP(6) + INTERVAL 60 SECOND' 'UTC_TIMESTAMP(6) - INTERVAL 7200 SECOND' 12 'the hub said something strange'
	waits 14 1 14 'UTC_TIMESTAMP(6) - INTERVAL 2 SECOND'
	waits 15 1 250
	waits 16 4 15 NULL 'UTC_TIMESTAMP(6) - INTERVAL 60 SECOND' 12 'cleaning up failed'
	waits 17 5 18 NULL
	waits 18 4 18 NULL
	get $STATUS_URL
	body_is '.waiting | map(.id) == [13, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15]'
	run_scheduler --print-machine >"$T/machine"
	for id in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		words=$(jq -r ".waiting[] | select(.id == $id) | .words" "$T/body")
		kind=$(jq -r ".waiting[] | select(.id == $id) | .waits_for" "$T/body")
		printed=$(sed -n "s/^| [0-9]* | $kind | \(.*\) |\$/\1/p" "$T/machine" | sed 's/{limit}/5/')
		[ -n "$words" ] && [ "$words" = "$printed" ] || fail "build $id ($kind): \"$words\" and not \"$printed\""
		echo "$id $words"
	done >"$T/words"
	body_is '.waiting[0] | .waits_for == "operator" and .attempts == 12 and .set_aside_at != null and .next_look == null'
	body_is '.waiting[13] | .last_error == "the sandbox ended with 9 <script>" and .attempts == 4 and .next_look != null and .waits_since != null'
	body_is '.waiting[15].waits_for == "unseen" and .set_aside == 2 and .builds.build == 10'
	get $STATUS_URL -H "$PAGE"
	body_has 'Something needs attention'
	body_lacks '<script>'
	cut -d' ' -f2- "$T/words" | while read -r words; do body_has "$words"; done
	while read -r id words; do
		# A build's own page tells by the rule itself what no scheduler of this release has recorded.
		[ "$id" != 15 ] || continue
		get "/rida/module-builds/$id" -H "$PAGE"
		body_has "$words"
	done <"$T/words"
	get /rida/module-builds/12 -H "$PAGE"
	body_has '4 attempts without progress'
	body_has 'next look in'
	get /rida/module-builds/14 -H "$PAGE"
	body_has 'next look is due'
}

# kept BUILD KIND: passes until that is kept as the reason why the build waits.
kept() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $1 AND due_at IS NOT NULL"
		run_scheduler 2>>"$T/scheduler.log"
		get $STATUS_URL
		[ "$(jq -r ".waiting[] | select(.id == $1) | .waits_for" "$T/body")" != "$2" ] || return 0
	done
	fail "build $1 waits for $(jq -c ".waiting[] | select(.id == $1)" "$T/body") instead of $2"
}
a_pass_keeps_why_a_build_waits() {
	rows 'UPDATE claims SET due_at = NULL'
	configure_scheduler 'num_concurrent_builds: 1' 'gate: external'
	gated=$(insert 1 gated first:1:ms-1)
	kept "$gated" gate
	running=$(insert 1 running first:1:ms-60000 second:1:ms-1)
	kept "$running" tasks-and-slot
	full=$(insert 1 full first:1:ms-1)
	kept "$full" slot
	since=$(jq -r ".waiting[] | select(.id == $full) | .waits_since" "$T/body")
	kept "$full" slot
	body_is ".waiting[] | select(.id == $full) | .waits_since == \"$since\" and .looked_at >= .waits_since"
	run_scheduler --build "$full" --dry-run >"$T/plan" 2>>"$T/scheduler.log"
	grep -q "^build $full in wait: It waits for a free place: the limit of concurrent component builds (1) is reached\.\$" "$T/plan" ||
		fail "the plan does not say why: $(cat "$T/plan")"
	get "/rida/module-builds/$running" -H "$PAGE"
	body_has '>first</a>'
	body_has 'others wait for a free place: the limit of concurrent component builds'
	configure_scheduler 'num_concurrent_builds: 0' 'gate: external'
	away=$(insert 1 away first:1:ms-1)
	kept "$away" gate
	away=$(insert 1 away-too first:1:ms-60000)
	kept "$away" tasks
	rows "UPDATE builds SET gen = gen + 1, builder = 'absent' WHERE id = $away"
	kept "$away" outage
	body_is ".waiting[] | select(.id == $away) | .attempts == 0 and (.last_error | contains(\"absent\"))"
	failing=$(insert 1 failing first:1:ms-1)
	export RIDA_FAULT=before-prepare@failing:error:0
	kept "$failing" retry
	unset RIDA_FAULT
	body_is ".waiting[] | select(.id == $failing) | .last_error | endswith(\"a planned fault\")"
}

many_are_turned_page_by_page() {
	for i in $(seq 1001 1250); do
		echo "INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`, builder,
			submitted_at, modified_at) VALUES ($i, UUID(), 'many', 'master', $i, '0', $((i % 3)), '', 'alice', '', '', 'memory', NOW(6), NOW(6));
			INSERT INTO claims (build_id, quarantined_at, last_error) VALUES ($i, IF($i % 2, NOW(6), NULL), '');"
	done >"$T/many.sql"
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <"$T/many.sql"
	: >"$T/seen"
	next=
	pages=0
	while [ "$next" != null ]; do
		get "$STATUS_URL$next"
		body_is '.waiting | length <= 100'
		jq -r '.waiting[] | "\(if .set_aside_at then 0 else 1 end) \(.id)"' "$T/body" >>"$T/seen"
		next=$(jq -r .next "$T/body")
		pages=$((pages + 1))
	done
	sort -n -k1,1 -k2,2 "$T/seen" | uniq >"$T/sorted"
	cmp "$T/seen" "$T/sorted" || fail "the pages are not in order, or repeat builds: $(diff "$T/seen" "$T/sorted")"
	wanted=$(sql 'SELECT COUNT(*) FROM builds JOIN claims ON build_id = id WHERE state < 4 OR quarantined_at IS NOT NULL')
	get $STATUS_URL -H "$PAGE"
	body_has '<a rel="next" href="?set_aside_after=1'
	body_lacks 'rel="first"'
	get "$STATUS_URL?after=1200" -H "$PAGE"
	body_has '<a rel="first" href="/rida/status">'
	[ "$(wc -l <"$T/seen")" -eq "$wanted" ] || fail "$(wc -l <"$T/seen") builds in $pages pages instead of $wanted"
	ask GET "$STATUS_URL?after=x"
	problem 400 'Bad Request' after 'a page of nonsense'
}

statements() {
	sql "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_select', 'Com_stmt_execute')" | awk '$1 == "Com_select" { print $2 }'
}
it_costs_the_same_for_many() {
	for case in "$STATUS_URL 3" "/rida/metrics 2" "/rida/health/ready 2" "/rida/health/live 0"; do
		get "${case% *}"
		before=$(statements)
		get "${case% *}"
		asked=$(($(statements) - before))
		[ "$asked" -le "${case#* }" ] || fail "${case% *} asks the database $asked times"
	done
}

people_see_it() {
	browse status.py "$URL" 16
}

maintenance_and_outages_are_told() {
	"$top_builddir/scheduler/rida-admin" maintenance on
	get $STATUS_URL -H "$PAGE"
	body_has 'Maintenance is on'
	stop "$MARIADB_PID"
	ask GET $STATUS_URL -H "$PAGE"
	want 503 'the status without a database'
	body_has 'the database is away'
	body_has '<nav aria-label="Main">'
	ask GET $STATUS_URL
	problem 503 'Service Unavailable' 'database is away' 'the status without a database'
}

run_tests all_is_well_when_nothing_waits each_kind_of_waiting_has_its_words people_see_it a_pass_keeps_why_a_build_waits \
	many_are_turned_page_by_page it_costs_the_same_for_many maintenance_and_outages_are_told
