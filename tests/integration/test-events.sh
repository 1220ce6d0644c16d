#!/bin/sh
# SPDX-License-Identifier: MIT
# State changes as an array, as server-sent events, as Atom and as a page: through nginx, Apache and plain CGI.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
FRONT=nginx
AUTH=no
. "$top_srcdir/tests/integration/ask.sh"
need nginx apache2 curl jq python3
EVENTS=/rida/events
PAGE='Accept: text/html'
STREAM='Accept: text/event-stream'

start_scheduler_db 'submit_by: nobody' 'public_url: https://modules.example.org' 'bus_topic_prefix: org.example.test'
start_front
start_apache

# reader WORD ARGUMENT...: one of the independent readers.
reader() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/integration/events.py" "$@"
}

# event NUMBER BUILD SEQ STATE [REASON [BODY]]: a state change that has its number.
event() {
	rows "INSERT INTO trace (build_id, seq, gen, to_state, reason, actor, at)
		VALUES ($2, $3, 1, $4, '${5:-}', 'rida', '2026-01-01 00:00:00' + INTERVAL $1 SECOND);
		INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at)
		SELECT $1, id, $3, name, owner, UUID(), '${6:-{\"id\": $2, \"state\": $4\}}',
			'2026-01-01 00:00:00' + INTERVAL $1 SECOND FROM builds WHERE id = $2"
}

# each_front FUNCTION: through all three.
each_front() {
	for FRONT in nginx apache cgi; do
		case $FRONT in
		nginx) URL=$NGINX_URL ;;
		apache) URL=$APACHE_URL ;;
		esac
		"$@"
	done
	FRONT=nginx URL=$NGINX_URL
}

# --- nothing happened yet -----------------------------------------------------------------------------
nothing_is_an_answer() {
	get $EVENTS
	body_is '. == []'
	get $EVENTS -H "$STREAM"
	[ "$(cat "$T/body")" = "$(printf 'retry: 3000\nid: 0')" ] || fail "$FRONT: an empty stream: $(cat "$T/body")"
	get /rida/feeds/builds
	reader atom "$T/body" || fail "$FRONT: the empty feed: $(cat "$T/body")"
	get $EVENTS -H "$PAGE"
	body_has 'There is no such state change.'
}
each_front nothing_is_an_answer

make_build 1 foo 5 alice
make_build 2 bar 4 bob
make_build 3 foo 2 bob
event 1 1 1 0
event 2 2 1 0
event 3 1 2 1
event 4 3 1 0
event 5 2 2 4 'line one
<b>"two"</b> &amp; '"''"'three'
event 6 1 3 2
event 7 1 4 3
event 8 1 5 5
event 9 3 2 1 '' '{"id": 3,
 "state": 1}'
event 10 3 3 2 '' '{"id": 3, "state": '

# --- the array ----------------------------------------------------------------------------------------
the_array_is_followed() {
	get $EVENTS
	header 'Content-Type: application/json'
	header 'Cache-Control: no-cache'
	body_is 'map(.event) == [range(1; 11)] and (map(.id) | unique | length == 10)'
	body_is '.[0] | del(.id) == {event: 1, at: "2026-01-01T00:00:01Z", topic: "org.example.test.module.state.change", body: {id: 1, state: 0}}'
	# What somebody spoilt in the database harms its own event only.
	body_is '.[8].body == {id: 3, state: 1} and .[9].body == null'
	[ "$(wc -l <"$T/body")" = 10 ] || fail "$FRONT: not one line each"
	get "$EVENTS?after=8"
	body_is 'map(.event) == [9, 10]'
	get "$EVENTS?after=3&limit=2"
	body_is 'map(.event) == [4, 5]'
	for after in 10 11 18446744073709551615; do
		get "$EVENTS?after=$after"
		body_is '. == []'
	done
	get "$EVENTS?name=foo"
	body_is 'map(.event) == [1, 3, 4, 6, 7, 8, 9, 10]'
	get "$EVENTS?name=foo&after=3&limit=3"
	body_is 'map(.event) == [4, 6, 7]'
	get "$EVENTS?owner=bob&after=2&name="
	body_is 'map(.event) == [4, 5, 9, 10]'
	get "$EVENTS?build=1&after=3"
	body_is 'map(.event) == [6, 7, 8]'
	get "$EVENTS?build=4711"
	body_is '. == []'
	get "$EVENTS?unknown=1&format=json" -H "$STREAM"
	body_is 'length == 10'
	ask HEAD $EVENTS
	want 200 'HEAD'
	[ ! -s "$T/body" ] || fail "$FRONT: HEAD has a body"
}
each_front the_array_is_followed

bad_values_are_named() {
	for bad in after= after=-1 after=x after=1.0 after=18446744073709551616 after=%201 limit=0 limit=1001 limit=-5 limit=x \
		limit= build=0 build=x build=1x before=x; do
		ask GET "$EVENTS?$bad"
		problem 400 'Bad Request' "^${bad%%=*}: a number from" "$bad"
	done
	ask GET "$EVENTS?name=foo&owner=bob"
	problem 400 'Bad Request' '^owner: only one of' 'two filters'
	for bad in x -1 1.0 '1 2' 18446744073709551616 '"1"'; do
		ask GET $EVENTS -H "$STREAM" -H "Last-Event-ID: $bad"
		problem 400 'Bad Request' '^Last-Event-ID: ' "Last-Event-ID: $bad"
	done
}
each_front bad_values_are_named

tags_hold_until_something_happens() {
	for path in $EVENTS "$EVENTS?after=10" "$EVENTS?name=foo&limit=3" /rida/feeds/builds /rida/feeds/modules/foo; do
		get "$path"
		tag=$(tr -d '\r' <"$T/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
		ask GET "$path" -H "If-None-Match: $tag"
		want 304 "$path again"
	done
	get "$EVENTS?limit=3"
	tag=$(tr -d '\r' <"$T/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
	ask GET "$EVENTS?limit=4" -H "If-None-Match: $tag"
	want 200 'another query'
	# A stream is never answered from somewhere else.
	get $EVENTS -H "$STREAM" -H 'If-None-Match: *'
	header 'Cache-Control: no-store'
	no_header 'ETag: .*'
}
each_front tags_hold_until_something_happens

# --- server-sent events -------------------------------------------------------------------------------
# stream_is LINES OPTION...: a browser makes this of the answer.
stream_is() {
	expected=$1 path=$2
	shift 2
	get "$path" -H "$STREAM" "$@"
	header 'Content-Type: text/event-stream.*'
	header 'X-Content-Type-Options: nosniff'
	reader stream "$T/body" >"$T/said" || fail "$FRONT: $path: $(cat "$T/body")"
	[ "$(tr '\n' ' ' <"$T/said")" = "retry 3000 $expected " ] || fail "$FRONT: $path: $(cat "$T/said")"
}
streams_end() {
	stream_is 'id 10' $EVENTS
	stream_is 'id 10' "$EVENTS?build=1"
	stream_is 'id 8 id 9 event 9 id 10 event 10' "$EVENTS?after=8"
	stream_is 'id 0 id 1 event 1 id 2 event 2' "$EVENTS?after=0&limit=2"
	stream_is 'id 8 id 9 event 9 id 10 event 10' "$EVENTS?after=2" -H 'Last-Event-ID: 8'
	stream_is 'id 8 id 9 event 9 id 10 event 10' $EVENTS -H 'Last-Event-ID: 8'
	stream_is 'id 10' $EVENTS -H 'Last-Event-ID: 10'
	stream_is 'id 3 id 6 event 6 id 7 event 7 id 8 event 8' "$EVENTS?build=1" -H 'Last-Event-ID: 3'
	# The first block is what a browser remembers when nothing else comes.
	[ "$(sed -n 1,3p "$T/body")" = "$(printf 'retry: 3000\nid: 3\n')" ] || fail "$FRONT: it begins with $(cat "$T/body")"
	get $EVENTS -H 'Accept: text/*'
	header 'Content-Type: text/html.*'
	get $EVENTS -H 'Accept: */*'
	header 'Content-Type: application/json.*'
}
each_front streams_end

# --- Atom ---------------------------------------------------------------------------------------------
# feed_is PATH STATE...: a feed of these states.
feed_is() {
	path=$1
	shift
	get "$path"
	header 'Content-Type: application/atom\+xml.*'
	reader atom "$T/body" "$@" || fail "$FRONT: $path: $(cat "$T/body")"
	body_has "href=\"https://modules.example.org$path\""
}
feeds_are_valid() {
	feed_is /rida/feeds/builds build wait ready done build failed init wait init init
	body_has '&lt;b&gt;&quot;two&quot;&lt;/b&gt; &amp;amp;'
	feed_is /rida/feeds/modules/foo build wait ready done build init wait init
	feed_is /rida/feeds/modules/bar failed init
	body_has '<link rel="alternate" type="text/html" href="https://modules.example.org/rida/module-builds/2"/>'
	feed_is /rida/feeds/owners/alice ready done build wait init
	feed_is /rida/feeds/owners/nobody
	feed_is '/rida/feeds/modules/%3Cb%3E%22%20x'
	ask GET /rida/feeds/modules/
	problem 404 'Not Found' . 'a feed of no module'
}
each_front feeds_are_valid

# Whatever a name, a stream or a reason holds: the feed is XML, the array JSON, the stream lines. Each reason is ten
# hostile texts, so that one feed has them all.
make_build 4 x 0 x
{
	grep -v '^#' "$top_srcdir/tests/fixtures/xss.txt"
	printf 'a\001\010\013\037b]]>\033[31m\177\r\n\357\277\276 and \357\277\277\n\302\205 \355\237\277\n'
} | od -An -v -tx1 | tr -d ' \n' | sed 's/0a/&\n/g' >"$T/hostile"
awk 'NR % 10 == 1 { first = $0 } { text = text $0 } NR % 10 == 0 { print first, text; text = "" } END { if (text) print first, text }' \
	"$T/hostile" >"$T/groups"
NUMBER=100
while read -r first text; do
	NUMBER=$((NUMBER + 1))
	name="LEFT(CONVERT(x'$first' USING utf8mb4), 60)"
	echo "INSERT INTO trace (build_id, seq, gen, to_state, reason, actor, at) VALUES (4, $NUMBER, 1, 0, x'$text', '', NOW(6));
		INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at)
		SELECT $NUMBER, 4, seq, $name, $name, UUID(), JSON_OBJECT('reason', reason), at FROM trace
		WHERE build_id = 4 AND seq = $NUMBER;"
done <"$T/groups" >"$T/hostile.sql"
echo "UPDATE builds SET gen = gen + 1, stream = $name WHERE id = 4;" >>"$T/hostile.sql"
mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <"$T/hostile.sql" || fail 'hostile rows'
HOSTILE=$((NUMBER - 100))
note "$(wc -l <"$T/hostile") hostile texts"
hostile_texts_harm_nothing() {
	get /rida/feeds/builds
	reader atom "$T/body" $({
		yes init | head -n "$HOSTILE"
		echo 'build wait ready done build failed init wait init init'
	} | tr '\n' ' ' | cut -d' ' -f1-50) || fail "$FRONT: the feed of hostile texts: $(cat "$T/body")"
	get "$EVENTS?after=100"
	body_is "length == $HOSTILE and (map(.body.reason | type == \"string\") | all)"
	get $EVENTS -H "$STREAM" -H 'Last-Event-ID: 100'
	[ "$(reader stream "$T/body" | grep -c '^event')" = "$HOSTILE" ] || fail "$FRONT: the stream of hostile texts: $(cat "$T/body")"
	get $EVENTS -H "$PAGE"
	body_lacks '<script>'
}
hostile_texts_harm_nothing
sql 'DELETE FROM events WHERE build_id = 4; DELETE FROM trace WHERE build_id = 4'

# --- the page -----------------------------------------------------------------------------------------
numbers() {
	grep -o 'id="event-[0-9]*"' "$T/body" | tr -dc '0-9\n' | tr '\n' ' '
}
# page_is NUMBERS PATH: these events, the newest first.
page_is() {
	get "$2" -H "$PAGE"
	[ "$(numbers)" = "$1" ] || fail "$FRONT: $2: $(numbers)"
}
pages_are_turned() {
	page_is '10 9 8 7 6 5 4 3 2 1 ' $EVENTS
	body_has 'data-live="20" data-events="/rida/events?"'
	body_lacks 'rel="next"'
	body_lacks 'rel="prev"'
	page_is '10 9 8 ' "$EVENTS?limit=3"
	body_has 'href="?before=8&amp;limit=3"'
	page_is '7 6 5 ' "$EVENTS?before=8&limit=3"
	body_has 'href="?after=7&amp;limit=3"'
	body_lacks 'data-live'
	page_is '10 9 8 ' "$EVENTS?after=7&limit=3"
	body_lacks 'rel="prev"'
	page_is '9 8 ' "$EVENTS?after=7&limit=2"
	body_has 'href="?after=9&amp;limit=2"'
	page_is '8 7 6 3 1 ' "$EVENTS?build=1"
	page_is '5 2 ' "$EVENTS?name=bar"
	page_is '5 ' "$EVENTS?name=bar&limit=1"
	body_has 'href="?name=bar&amp;before=5&amp;limit=1"'
	body_has 'href="/rida/feeds/modules/bar"'
	page_is '' "$EVENTS?before=1"
	body_has 'There is no such state change.'
	ask GET "$EVENTS?limit=x" -H "$PAGE"
	want 400 'a page of x events'
	body_has 'limit: a number from 1 to 1000 is wanted'
}
each_front pages_are_turned
get /rida/ -H "$PAGE"
body_has '<a href="/rida/events">Events</a>'
body_has '<link rel="alternate" type="application/atom+xml" title="rida: all builds" href="/rida/feeds/builds">'
get '/rida/module-builds/?name=foo' -H "$PAGE"
body_has 'title="rida: module foo" href="/rida/feeds/modules/foo">'
body_has 'data-events="/rida/events?name=foo"'
get '/rida/module-builds/?owner=bob' -H "$PAGE"
body_has 'title="rida: builds of bob" href="/rida/feeds/owners/bob">'
get /rida/module-builds/3 -H "$PAGE"
body_has 'href="/rida/feeds/modules/foo">'
body_has 'data-events="/rida/events?build=3"'

# --- a reader beside the scheduler --------------------------------------------------------------------
# Two schedulers bring 20 builds to ready. Who follows sees each number once and in order, whatever the sizes of the
# answers, and what the bus got.
sql 'DELETE FROM events'
insert 20 followed first:1:ms-100 second:2:ms-100 >/dev/null
for scheduler in one two; do
	launch "scheduler-$scheduler" "$top_builddir/scheduler/rida-scheduler" --config "$RIDA_CONFIG" --linger 90
	eval "scheduler_$scheduler=$LAUNCHED"
done
reader follow "$NGINX_URL$EVENTS" 100 "$T/followed" || fail 'the reader beside the schedulers'
all_is_sent() {
	[ "$(sql 'SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL')" = 0 ]
}
wait_for 30 all_is_sent || fail 'messages are left'
stop "$scheduler_one"
stop "$scheduler_two"
[ "$(jq -r .event "$T/followed")" = "$(seq 1 100)" ] || fail "it saw $(jq -r .event "$T/followed" | tr '\n' ' ')"
none 'builds that did not end' "SELECT id, state FROM builds WHERE name LIKE 'followed%' AND state <> 5"
jq -r '"\(.id) \(.topic) \(.body.id) \(.body.state)"' "$T/followed" | sort >"$T/seen"
jq -r '"\(.id) \(.topic) \(.body.id) \(.body.state)"' "$MESSAGES" | sort -u >"$T/sent"
cmp -s "$T/seen" "$T/sent" || fail "the bus and the reader differ: $(diff "$T/seen" "$T/sent" | head -4)"
jq -rs 'group_by(.body.id)[] | map(.body.state) | tostring' "$T/followed" | sort -u >"$T/orders"
[ "$(cat "$T/orders")" = '[0,1,2,3,5]' ] || fail "the orders of states: $(cat "$T/orders")"
