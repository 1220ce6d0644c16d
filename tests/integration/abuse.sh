# SPDX-License-Identifier: MIT
# Slow, many and large requests against the front end named in FRONT, while others are answered; and what the
# front end answers by itself. COUNT is how many clients there are of those that the front end keeps to itself,
# BODIES of those that send a body, READERS of those that read a page, SLOW of those that read what is large (and of
# the two others, unless said), from ADDRESSES addresses; DELAYED of a hundred other requests may take more than a second.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need curl jq python3 "$FRONT$([ "$FRONT" != apache ] || echo 2)"
READ_WORKERS=4
# Whatever comes, a worker needs no more memory than this, in KiB.
MEMORY=262144

# abuse KIND COUNT [PATH]: slow clients from 127.0.0.9, until abuse_ends.
abuse() {
	rm -f "$T/abuse.in" "$T/abuse.out"
	mkfifo "$T/abuse.in"
	python3 "$top_srcdir/tests/integration/abuse.py" "127.0.9.1/${ADDRESSES:-1}" "${URL##*:}" "$@" <"$T/abuse.in" >"$T/abuse.out" 2>"$T/abuse.err" &
	ABUSE=$!
	remember "$ABUSE"
	exec 9>"$T/abuse.in"
	wait_for 60 test -s "$T/abuse.out" || fail "$*: the clients did not start: $(cat "$T/abuse.err")"
	[ "$(sed -n 's/^ready //p' "$T/abuse.out")" -eq "$2" ] || fail "$*: only $(cat "$T/abuse.out") were let in"
}

# gone: how many of them the server has ended.
gone() {
	sed -n 's/^gone //p' "$T/abuse.out" | tail -n 1
}

abuse_ends() {
	exec 9>&-
	wait_for 10 is_gone "$ABUSE" || fail 'the slow clients do not end'
}

# others_are_served WHAT: a hundred requests of four clients, each answered with 200.
others_are_served() {
	clients=
	for client in 1 2 3 4; do
		curl -sS --max-time 20 -o /dev/null -w '%{http_code} %{time_total} %{url_effective}\n' "$URL/rida/module-builds/[18-42]" \
			>"$T/times.$client" 2>&1 &
		clients="$clients $!"
	done
	wait $clients || :
	cat "$T"/times.? >"$T/times"
	[ "$(grep -c '^200 ' "$T/times")" -eq 100 ] || fail "$FRONT: $1: not all were answered: $(grep -v '^200' "$T/times" | sort | uniq -c | head -5)"
	slow=$(awk '$2 > 1 { n++ } END { print n + 0 }' "$T/times")
	[ "$slow" -le "$DELAYED" ] || fail "$FRONT: $1: $slow of 100 took more than a second: $(sort -k2n "$T/times" | tail -3)"
	note "$FRONT: $1: the slowest of 100 took $(sort -k2n "$T/times" | tail -n 1 | cut -d' ' -f2) s"
}

a18_slow_headers_keep_nobody_waiting() {
	abuse headers "$COUNT"
	others_are_served "$COUNT slow headers"
	abuse_ends
}

a18_silent_connections_keep_nobody_waiting() {
	abuse idle "$COUNT"
	others_are_served "$COUNT silent connections"
	abuse_ends
}

a18_slow_bodies_keep_nobody_waiting() {
	for kind in bodies patches; do
		abuse "$kind" "${BODIES:-$SLOW}" "/rida/module-builds/$([ "$kind" = bodies ] || echo 42)"
		others_are_served "${BODIES:-$SLOW} slow $kind"
		abuse_ends
	done
}

# Where the front end does not buffer, readers are cut off while others wait.
a18_slow_readers_keep_nobody_waiting() {
	for path in /rida/module-builds/42/logs/foo/1/build.log '/rida/module-builds/?verbose=true'; do
		abuse readers "$SLOW" "$path"
		others_are_served "$SLOW slow readers of ${path##*/}"
		abuse_ends
	done
	abuse readers "${READERS:-$SLOW}" '/rida/module-builds/?per_page=100&verbose=true'
	others_are_served "${READERS:-$SLOW} slow readers of a page"
	abuse_ends
}

a18_no_worker_has_grown() {
	grown=$(ps -o rss= -o args= --ppid "$READ_PID" --ppid "$SUBMIT_PID" | awk -v most="$MEMORY" '$1 > most')
	[ -z "$grown" ] || fail "$FRONT: more than $MEMORY KiB: $grown"
}

a18_large_requests_are_refused_at_once() {
	head -c 1100000 /dev/zero >"$T/large"
	began=$(date +%s)
	for _ in 1 2 3 4 5 6 7 8; do
		STATUS=$(curl -sS --max-time 20 -D "$T/head" -o "$T/body" -w '%{http_code}' --data-binary "@$T/large" -u alice:secret -H 'Expect:' "$URL/rida/module-builds/")
		case $STATUS in 400 | 413) ;; *) fail "$FRONT: a large body: $STATUS" ;; esac
		jq -e ".status == $STATUS and (.message | test(\"1 MiB|at most 65536\"))" "$T/body" >/dev/null || fail "$FRONT: a large body: $(cat "$T/body")"
	done
	ask GET "/rida/module-builds/?name=$(head -c 20000 /dev/zero | tr '\0' x)"
	case $STATUS in 400 | 414) ;; *) fail "$FRONT: a long URL: $STATUS" ;; esac
	body_is ".status == $STATUS and .message != \"\""
	ask GET /rida/module-builds/ -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' x)"
	case $STATUS in 400 | 431) ;; *) fail "$FRONT: a long header: $STATUS" ;; esac
	body_is ".status == $STATUS and .message != \"\""
	[ $(($(date +%s) - began)) -lt 15 ] || fail "$FRONT: refusing large requests took $(($(date +%s) - began)) s"
}

a18_deep_pages_and_dear_filters_are_answered() {
	for query in 'page=99999999&per_page=100' 'page=1000&per_page=100&newest=1' 'state=3&owner=nobody&modified_after=1970-01-01T00:00:00Z' \
		'name=m&stream=master&submitted_before=2999-01-01T00:00:00Z&completed_after=1970-01-01T00:00:00Z&page=50'; do
		get "/rida/module-builds/?$query"
	done
	others_are_served 'deep pages'
}

# What the front end says itself has the API's form, and names no version.
a20_the_front_end_answers_as_rida_does() {
	ask POST /rida/module-builds/ -d '{}'
	problem 401 Unauthorized 'password' 'no password'
	header 'WWW-Authenticate: Basic realm="rida"'
	ask GET /rida/repos/nothing/
	problem 404 'Not Found' . 'no such repository'
	ask GET /rida/static/nothing.css
	problem 404 'Not Found' . 'no such file'
	! grep -iE '^server: *[a-z]+/[0-9]' "$T/head" || fail "$FRONT tells its version: $(cat "$T/head")"
	stop "$READ_PID"
	ask GET /rida/module-builds/42
	problem 503 'Service Unavailable' 'try again' 'the pool is away'
	header 'Retry-After: [0-9]+'
	header 'X-Content-Type-Options: nosniff'
	ask GET /rida/module-builds/42 -H 'Accept: text/html'
	want 503 'the pool is away, for a browser'
	start_pool read --workers 4
	READ_PID=$LAUNCHED
	get /rida/module-builds/42
}

start_mariadb
write_config 'auth: front' 'submit_by: anyone' 'builder: memory' 'submit_slots: 2'
migrate_db
for id in 18 42; do make_build "$id" foo 2; done
rows "INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`, builder,
	submitted_at, modified_at) SELECT seq, UUID(), CONCAT('m', seq), 'master', seq, '00000000', seq % 6, '', 'alice', 'git://x',
	REPEAT('a', 40), 'memory', NOW(6), NOW(6) FROM seq_19_to_41;
	INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`, builder,
	submitted_at, modified_at) SELECT seq, UUID(), CONCAT('m', seq), 'master', seq, '00000000', seq % 6, '', 'alice', 'git://x',
	REPEAT('a', 40), 'memory', NOW(6), NOW(6) FROM seq_43_to_5000;
	REPLACE INTO build_views (build_id, gen, tasks) SELECT id, gen, '{\"rpms/foo-1-1\": \"6378/closed\"}' FROM builds"
mkdir -p "$T/state/logs/42/foo/1"
head -c 4000000 /dev/zero | tr '\0' 'x' >"$T/state/logs/42/foo/1/build.log"
start_front
run_tests \
	a18_slow_headers_keep_nobody_waiting \
	a18_silent_connections_keep_nobody_waiting \
	a18_slow_bodies_keep_nobody_waiting \
	a18_slow_readers_keep_nobody_waiting \
	a18_no_worker_has_grown \
	a18_large_requests_are_refused_at_once \
	a18_deep_pages_and_dear_filters_are_answered \
	a20_the_front_end_answers_as_rida_does
