#!/bin/sh
# SPDX-License-Identifier: MIT
# Sessions with a Koji hub: how calls travel, what happens when exchanges fail, logins, uploads.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/koji.sh"
need curl python3
PASSWORD=ridapw
hub=$T/hub.conf

# created NAME...: the hub has these tags.
created() {
	for tag; do
		probe "$T/direct.conf" read "[[\"getTag\", [\"$tag\"]]]"
		grep -q "\"name\":\"$tag\"" "$T/said" || fail "there is no tag $tag: $(cat "$T/said")"
	done
}
absent() {
	for tag; do
		probe "$T/direct.conf" read "[[\"getTag\", [\"$tag\"]]]"
		said 'ok null'
	done
}

reads_travel_together_without_a_login() {
	plan
	probe "$hub" read '[["echo", [1]], ["getTag", ["absent"]], ["noSuchMethod", []]]' read '[["echo", ["ä<"]]]' counts
	said 'ok \[1]' 'ok null' 'unsupported fault 1000: Koji refuses noSuchMethod: *' 'ok \["ä\\u003c"]' \
		'2 requests, 4 calls'
	[ "$(requests)" = "pass - multiCall
pass - echo" ] || fail "$(requests)"
}

a_thousand_calls_are_a_request_and_four_requests_go_at_once() {
	plan together together together together
	probe "$hub" many 3500 echo '[1]' counts
	said '3500 of 3500' '4 requests, 3500 calls'
	[ "$(cut -d' ' -f2 "$T/proxy/log" | sort -u | wc -l)" -eq 4 ] || fail "not four connections"
}

connections_are_kept() {
	plan
	probe "$hub" read '[["echo", [1]]]' read '[["echo", [2]]]' write '[["createTag", ["kept"]]]'
	[ "$(cut -d' ' -f2 "$T/proxy/log" | sort -u | wc -l)" -eq 1 ] || fail "$(cat "$T/proxy/log")"
}

writes_are_numbered_in_one_session_that_ends() {
	plan
	probe "$hub" write '[["createTag", ["first"]], ["createTag", ["first"]], ["createTag", ["second"]]]' \
		write '[["createTag", ["third"]]]' call '["getTag", ["third"]]' user
	said 'ok [0-9]*' "conflict fault 1000: Koji refuses createTag: *'first' already exists*" 'ok [0-9]*' 'ok [0-9]*' \
		'ok *"name":"third"*' 'ok [0-9]*'
	[ "$(requests)" = "pass - login
pass 0 multiCall
pass 1 createTag
pass 2 getTag
pass 3 getLoggedInUser
pass 4 logout" ] || fail "$(requests)"
}

k01_what_was_lost_on_the_way_is_sent_again_with_its_number() {
	plan pass refuse
	probe "$hub" write '[["createTag", ["again"]]]'
	said 'ok [0-9]*'
	requests | grep -q '^refuse 0 createTag' || fail "$(requests)"
	[ "$(requests | grep -c ' 0 createTag')" -eq 2 ] || fail "$(requests)"
	created again
}

k01_a_write_whose_answer_was_lost_is_unknown_and_done_once() {
	for treatment in lose 'cut 30' 'cut 200' 'cut -1' 'reset 150' 'late 502' 'late 500' page 'body 3c3f' longer shorter gzip; do
		name=lost-$(echo "$treatment" | tr -c 'a-z0-9\n' -)
		plan pass "$treatment"
		probe "$hub" write "[[\"createTag\", [\"$name\"]], [\"createTag\", [\"$name-2\"]]]" write "[[\"createTag\", [\"$name-3\"]]]"
		said 'unknown-outcome fault 1009: *' 'unknown-outcome fault 1009: *' 'ok [0-9]*'
		created "$name" "$name-2" "$name-3"
	done
}

k01_a_hub_that_stays_away_is_asked_no_more() {
	for treatment in refuse lose 'cut 200' 'status 500' 'status 502' 'status 503' 'status 504' page; do
		plan "$treatment" "$treatment" "$treatment"
		probe "$hub" read '[["echo", [1]], ["echo", [2]]]' read '[["echo", [3]]]' write '[["createTag", ["never"]]]' counts
		said 'unavailable outage: *' 'unavailable outage: *' 'unavailable outage: *' 'unavailable outage: *' '1 requests, 2 calls'
		plan pass "$treatment" "$treatment" "$treatment" "$treatment" "$treatment" "$treatment"
		probe "$hub" write '[["createTag", ["never"]], ["createTag", ["never"]]]' write '[["createTag", ["never-2"]]]'
		said 'unknown-outcome outage: *' 'unknown-outcome outage: *' 'unavailable outage: *'
		absent never-2
	done
}

k01_statuses_mean_what_the_hub_has_seen() {
	plan pass 'status 400' 'status 413' 'status 404'
	probe "$hub" write '[["createTag", ["status-1"]]]' write '[["createTag", ["status-2"]]]' write '[["createTag", ["status-3"]]]' \
		write '[["createTag", ["status-4"]]]'
	said 'internal: *400' 'internal: *413' 'unavailable outage: *404' 'unavailable outage: *404'
	absent status-1 status-2 status-3 status-4
	plan 'status 302'
	probe "$hub" read '[["echo", [1]]]'
	said 'internal outage: *302'
	[ "$(requests | wc -l)" -eq 1 ] || fail "a redirection was followed: $(requests)"
}

p7_answers_without_end_are_cut_off() {
	for treatment in endless many; do
		plan "$treatment"
		probe "$hub" read '[["echo", [1]]]'
		grep -qE '^(internal|unavailable outage): ' "$T/said" || fail "$treatment: $(cat "$T/said")"
	done
}

k01_an_answer_that_cannot_be_read_hides_no_other() {
	plan 'body 3c3f786d6c2076657273696f6e3d22312e30223f3e01' pass 'body 01'
	probe "$hub" read '[["echo", [1]], ["echo", [2]]]'
	said 'ok \[1]' 'internal: *cannot be read*'
}

k01_a_silent_hub_takes_no_longer_than_allowed() {
	write_profile "$T/short.conf" "$PROXY_URL" 'authtype = noauth' 'timeout = 1'
	plan hang
	probe "$T/short.conf" read '[["echo", [1]]]' read '[["echo", [2]]]'
	said 'unavailable outage: *' 'unavailable outage: *'
}

k01_where_nobody_listens_nothing_was_sent() {
	write_profile "$T/nobody.conf" "http://127.0.0.1:$(free_port)/kojihub" 'authtype = password' 'user = rida' 'password = x'
	probe "$T/nobody.conf" write '[["createTag", ["nobody"]]]' read '[["echo", [1]]]' counts
	said 'unavailable outage: *' 'unavailable outage: *' '1 requests, 1 calls'
}


# ---- sessions --------------------------------------------------------------------------------

k01_a_session_that_is_over_is_followed_by_another() {
	for treatment in 'fault 1007' 'fault 1008'; do
		name=over-$(echo "$treatment" | tr -c 'a-z0-9\n' -)
		plan pass pass "$treatment"
		probe "$hub" write "[[\"createTag\", [\"$name-1\"]]]" write "[[\"createTag\", [\"$name-2\"]]]" \
			write "[[\"createTag\", [\"$name-3\"]]]"
		said 'ok [0-9]*' 'ok [0-9]*' 'ok [0-9]*'
		[ "$(requests | tr '\n' ,)" = "pass - login,pass 0 createTag,fault 1 createTag,pass - login,pass 0 createTag,pass 1 createTag,pass 2 logout," ] ||
			fail "$(requests)"
	done
	probe "$hub" write '[["logout", []]]' write '[["createTag", ["over-4"]]]' user
	said 'ok null' 'ok [0-9]*' 'ok [0-9]*'
}

k01_a_hub_that_knows_no_session_is_told_nothing_more() {
	plan pass 'fault 1007' pass 'fault 1007'
	probe "$hub" write '[["createTag", ["nobody"]]]' write '[["createTag", ["nobody"]]]' read '[["echo", [1]]]'
	said 'unavailable outage fault 1007: *' 'unavailable outage: *' 'ok \[1]'
	absent nobody
}

k01_a_lost_write_is_not_sent_in_another_session() {
	plan pass lose lose lose 'fault 1007'
	probe "$hub" write '[["createTag", ["lost-once"]]]' write '[["createTag", ["lost-after"]]]'
	said 'unknown-outcome fault 1007: *' 'ok [0-9]*'
	created lost-once lost-after
}

k01_each_fault_has_its_meaning() {
	while read -r number meaning; do
		plan "fault $number"
		probe "$hub" read '[["echo", [1]], ["echo", [2]]]'
		said "$meaning: *" "$meaning: *"
	done <<-END
		1 internal fault 1
		1000 unacceptable fault 1000
		1001 unavailable fault 1001
		1002 internal fault 1002
		1003 unacceptable fault 1003
		1004 internal fault 1004
		1005 unacceptable fault 1005
		1006 unavailable outage fault 1006
		1009 unavailable fault 1009
		1014 unavailable outage fault 1014
		1019 internal fault 1019
		1024 unacceptable fault 1024
		4711 internal fault 4711
	END
	plan pass 'fault 1009' 'fault 1014'
	probe "$hub" write '[["createTag", ["faults"]]]' write '[["createTag", ["faults"]]]' read '[["echo", [1]]]'
	said 'unknown-outcome fault 1009: *' 'unavailable outage fault 1014: *' 'unavailable outage: *'
	absent faults
}

a_hub_that_is_offline_is_waited_for_where_the_profile_says_so() {
	{ cat "$hub" && echo 'offline_retry = true'; } >"$T/offline.conf"
	plan pass 'fault 1014'
	probe "$T/offline.conf" write '[["createTag", ["offline"]]]'
	said 'ok [0-9]*'
}

how_often_something_is_sent_again_the_profile_says() {
	{ cat "$hub" && echo 'anon_retry = true'; } >"$T/anonymous.conf"
	plan 'cut 100'
	probe "$T/anonymous.conf" read '[["echo", [1]], ["echo", [2]]]'
	said 'ok \[1]' 'ok \[2]'
	plan 'cut 100' 'cut 100'
	probe "$T/anonymous.conf" read '[["echo", [1]]]' counts
	said 'unavailable outage: *' '2 requests, 2 calls'
	{ cat "$hub" && echo 'max_retries = 0'; } >"$T/never.conf"
	plan pass 'cut 100'
	probe "$T/never.conf" write '[["createTag", ["never-again"]]]' counts
	said 'unknown-outcome outage: *' '2 requests, 2 calls'
	created never-again
}

who_is_refused_is_barred_and_may_read() {
	sed 's/^password.*/password = wrong-secret-word/' "$hub" >"$T/wrong.conf"
	plan
	probe "$T/wrong.conf" login write '[["createTag", ["barred"]]]' read '[["echo", [1]]]' counts
	said 'internal: *invalid username or password*' 'internal outage: *' 'ok \[1]' '2 requests, 2 calls'
	! grep -q wrong-secret "$T/said" "$T/problem" || fail "the password was told"
	plan pass 'fault 1006'
	probe "$hub" write '[["createTag", ["barred"]]]' write '[["createTag", ["barred"]]]' read '[["echo", [1]]]'
	said 'unavailable outage fault 1006: *' 'unavailable outage: *' 'ok \[1]'
	write_profile "$T/noauth.conf" "$PROXY_URL" 'authtype = noauth'
	probe "$T/noauth.conf" write '[["createTag", ["barred"]]]' read '[["echo", [1]]]'
	said 'internal outage: *noauth*' 'ok \[1]'
}

# fenced COMMAND CALLS: a session, ended by another before it sends these; what it prints is in $T/fenced.
fenced() {
	rm -f "$T/fifo"
	mkfifo "$T/fifo"
	"$PROBE" -c "$hub" login wait "$@" <"$T/fifo" >"$T/fenced" 2>&1 &
	fenced_pid=$!
	exec 9>"$T/fifo"
	wait_for 10 grep -q '^ok' "$T/fenced" || fail "no session: $(cat "$T/fenced")"
	probe "$hub" fence "$(sed -n 's/^ok //p' "$T/fenced")" fence "$(sed -n 's/^ok //p' "$T/fenced")"
	exec 9>&-
	wait "$fenced_pid"
	said 'ok over' 'ok over'
}

nothing_comes_of_a_session_after_its_fence() {
	plan
	fenced within '[["createTag", ["fenced"]]]'
	[ "$(sed -n '2s/ .*//p' "$T/fenced")" = unavailable ] || fail "$(cat "$T/fenced")"
	absent fenced
	fenced write '[["createTag", ["fenced"]]]'
	[ "$(sed -n '2s/ .*//p' "$T/fenced")" = ok ] || fail "$(cat "$T/fenced")"
}


# ---- older hubs ------------------------------------------------------------------------------

a_hub_without_raw_uploads_gets_files_as_it_can() {
	no_method=$(printf "<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1000</int></value></member><member><name>faultString</name><value><string>Invalid method: checkUpload</string></value></member></struct></value></fault></methodResponse>" |
		od -An -v -tx1 | tr -d ' \n')
	plan pass "body $no_method" pass pass lose
	probe "$hub" upload cli-build/5.e legacy "$T/file"
	said 'ok uploaded'
	[ "$(requests | grep -c uploadFile)" -ge 6 ] || fail "$(requests)"
	uploaded cli-build/5.e legacy "$T/file"
}

a_hub_that_does_not_say_whether_it_looks_at_numbers_is_sent_a_write_once() {
	touch "$T/proxy/unversioned"
	for treatment in lose 'cut 100' 'late 502' 'status 503' refuse; do
		name=unversioned-$(echo "$treatment" | tr -c 'a-z0-9\n' -)
		plan pass pass "$treatment"
		probe "$hub" read '[["echo", [1]]]' write "[[\"createTag\", [\"$name\"]]]" write "[[\"createTag\", [\"$name-2\"]]]"
		said 'ok \[1]' 'unknown-outcome outage: *' 'unavailable outage: *'
		[ "$(requests | grep -c createTag)" -eq 1 ] || fail "$treatment: $(requests)"
		absent "$name-2"
	done
	plan pass pass lose
	probe "$hub" version write '[["createTag", ["unversioned"]]]'
	said 'ok 1035' 'unknown-outcome fault 1009: *'
	rm "$T/proxy/unversioned"
}

sessions_are_named_in_urls_where_headers_are_not_read() {
	start_hub --old
	mv "$T/proxy" "$T/new-proxy"
	start_proxy
	write_profile "$T/old.conf" "$PROXY_URL" 'authtype = password' 'user = rida' "password = $PASSWORD" 'upload_blocksize = 4096'
	plan pass pass lose pass
	probe "$T/old.conf" read '[["echo", [1]]]' write '[["createTag", ["url"]]]' write '[["createTag", ["url-2"]]]' version \
		fence 1 upload cli-build/4.d f "$T/hub.conf" login
	said 'ok \[1]' 'unknown-outcome fault 1009: *' 'ok [0-9]*' 'ok 1021' cannot 'ok uploaded' 'ok [0-9]*'
	requests | grep -q '^pass 1 createTag' || fail "$(requests)"
	plan pass refuse refuse refuse refuse refuse
	probe "$T/old.conf" write '[["createTag", ["url-3"]]]'
	said 'unknown-outcome outage: *'
	! grep -q 'session-\|callnum' "$T/said" || fail "$(cat "$T/said")"
}

# ---- uploads ---------------------------------------------------------------------------------

# uploaded DIRECTORY NAME FILE: the hub has this file, byte for byte.
uploaded() {
	probe "$hub" call "[\"checkUpload\", [\"$1\", \"$2\", {\"verify\": \"sha256\", \"__starstar\": true}]]"
	grep -q "$(sha256sum <"$3" | cut -d' ' -f1)" "$T/said" || fail "$1/$2: $(cat "$T/said")"
}

uploads_go_in_blocks_and_are_checked() {
	head -c 20000 /dev/urandom >"$T/file"
	: >"$T/empty"
	plan
	probe "$hub" upload cli-build/1.a 'f 1&x.rpm' "$T/file" upload cli-build/1.a empty "$T/empty"
	said 'ok uploaded' 'ok uploaded'
	[ "$(requests | cut -d' ' -f2,3 | tr '\n' ,)" = "- login,0 checkUpload,1 -,2 -,3 -,4 -,5 -,6 checkUpload,7 checkUpload,8 -,9 checkUpload,10 logout," ] ||
		fail "$(requests)"
	uploaded cli-build/1.a 'f 1&x.rpm' "$T/file"
	uploaded cli-build/1.a empty "$T/empty"
}

uploads_go_on_where_they_broke() {
	count=0
	for treatment in refuse lose 'cut 100' 'cut -1' 'reset 200' 'status 502' 'late 502' page 'body 3c' gzip 'fault 1001' 'fault 1007' 'fault 1009'; do
		count=$((count + 1))
		plan pass pass pass "$treatment"
		probe "$hub" upload cli-build/2.b "$count" "$T/file"
		said 'ok uploaded'
		uploaded cli-build/2.b "$count" "$T/file"
	done
	plan pass pass pass lose lose lose pass lose lose lose pass
	probe "$hub" upload cli-build/2.b often "$T/file"
	said 'ok uploaded'
	uploaded cli-build/2.b often "$T/file"
}

an_upload_of_an_earlier_session_is_gone_on_with() {
	plan pass pass pass pass 'status 500' 'status 500' 'status 500' 'status 500' 'status 500' 'status 500'
	probe "$hub" upload cli-build/3.c later "$T/file"
	said 'unavailable: *'
	plan
	probe "$hub" upload cli-build/3.c later "$T/file"
	said 'ok uploaded'
	uploaded cli-build/3.c later "$T/file"
	[ "$(requests | grep -c ' -$')" -lt 5 ] || fail "all of it was sent again: $(requests)"
	head -c 20000 /dev/urandom >"$T/other"
	probe "$hub" upload cli-build/3.c later "$T/other"
	said 'ok uploaded'
	uploaded cli-build/3.c later "$T/other"
}

# ---- secrets ---------------------------------------------------------------------------------

no_secret_is_told() {
	! grep -rq "$PASSWORD" "$T/said" "$T/problem" "$T/fenced" || fail "the password was told"
	plan pass 'body 3c' lose lose
	probe "$hub" login write '[["createTag", ["secret"]]]' counts
	! grep -qi 'session-key\|callnum\|Koji-Session' "$T/said" "$T/problem" || fail "$(cat "$T/said")"
}

start_hub
start_proxy
write_profile "$hub" "$PROXY_URL" 'authtype = password' 'user = rida' "password = $PASSWORD" 'upload_blocksize = 4096'
write_profile "$T/direct.conf" "$HUB_URL" 'authtype = noauth'
held() {
	[ "$(hub_control '{"do": "held"}')" = 1 ]
}

what_a_session_is_doing_is_done_when_its_fence_is_up() {
	plan
	hub_control '{"do": "trouble", "troubles": [{"what": "hold", "method": "createTag", "stage": "running", "ms": 20000}]}' >/dev/null
	"$PROBE" -c "$hub" login write '[["createTag", ["in-flight"]]]' write '[["logout", []]]' >"$T/fenced" 2>&1 &
	writer=$!
	wait_for 10 held || fail "the call did not come: $(cat "$T/fenced")"
	"$PROBE" -c "$hub" fence "$(sed -n '1s/^ok //p' "$T/fenced")" >"$T/fence" 2>&1 &
	fence=$!
	wait_for 10 grep -q ' logout$' "$T/proxy/log"
	[ ! -s "$T/fence" ] || fail "the fence did not wait: $(cat "$T/fence")"
	hub_control '{"do": "release"}' >/dev/null
	wait "$fence"
	[ "$(cat "$T/fence")" = 'ok over' ] || fail "$(cat "$T/fence")"
	created in-flight
	wait "$writer"
	[ "$(sed -n '2s/ .*//p' "$T/fenced")" = ok ] || fail "$(cat "$T/fenced")"
}

run_tests reads_travel_together_without_a_login a_thousand_calls_are_a_request_and_four_requests_go_at_once \
	connections_are_kept writes_are_numbered_in_one_session_that_ends \
	k01_what_was_lost_on_the_way_is_sent_again_with_its_number k01_a_write_whose_answer_was_lost_is_unknown_and_done_once \
	k01_a_hub_that_stays_away_is_asked_no_more k01_statuses_mean_what_the_hub_has_seen p7_answers_without_end_are_cut_off \
	k01_an_answer_that_cannot_be_read_hides_no_other k01_a_silent_hub_takes_no_longer_than_allowed \
	k01_where_nobody_listens_nothing_was_sent k01_a_session_that_is_over_is_followed_by_another \
	k01_a_hub_that_knows_no_session_is_told_nothing_more k01_a_lost_write_is_not_sent_in_another_session \
	k01_each_fault_has_its_meaning a_hub_that_is_offline_is_waited_for_where_the_profile_says_so \
	how_often_something_is_sent_again_the_profile_says who_is_refused_is_barred_and_may_read \
	nothing_comes_of_a_session_after_its_fence \
	what_a_session_is_doing_is_done_when_its_fence_is_up \
	uploads_go_in_blocks_and_are_checked uploads_go_on_where_they_broke \
	an_upload_of_an_earlier_session_is_gone_on_with no_secret_is_told \
	a_hub_without_raw_uploads_gets_files_as_it_can a_hub_that_does_not_say_whether_it_looks_at_numbers_is_sent_a_write_once \
	sessions_are_named_in_urls_where_headers_are_not_read
