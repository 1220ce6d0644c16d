#!/bin/sh
# SPDX-License-Identifier: MIT
# The web side while the database is away, hangs, or was restarted, and while submissions are busy.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
AUTH=no
. "$top_srcdir/tests/integration/ask.sh"
need nginx curl jq python3

start_mariadb
HANGING=$(free_port)
write_config 'submit_by: anyone' 'builder: memory' 'submit_slots: 2' 'git_timeout: 20' \
	"scm_allow: [git://127.0.0.1:$HANGING/]"
migrate_db
make_build 42 foo 2 anonymous
mkdir -p "$T/state/logs/42/foo/1"
echo text >"$T/state/logs/42/foo/1/build.log"
READ_WORKERS=4
start_front

# timed MILLISECONDS METHOD PATH [OPTION...]: asks; the answer took less.
timed() {
	most=$1
	shift
	began=$(date +%s%N)
	ask "$@"
	TOOK=$((($(date +%s%N) - began) / 1000000))
	[ "$TOOK" -le "$most" ] || fail "$* took $TOOK ms, more than $most"
}
away() {
	problem 503 'Service Unavailable' 'database is away' "$1"
	header 'Retry-After: [0-9]+'
	body_lacks mariadb
	body_lacks "$T"
}
good() {
	ask GET /rida/module-builds/42
	[ "$STATUS" = 200 ]
}

# Restarted: the kept connections are stale, and nobody is told.
for i in 1 2 3 4 5 6 7 8; do get /rida/module-builds/42; done
stop "$MARIADB_PID"
start_mariadb
for i in 1 2 3 4 5 6 7 8; do get /rida/module-builds/42; done

# Absent: 503 in less than a second; what needs no database goes on.
stop "$MARIADB_PID"
for i in 1 2 3 4 5; do
	timed 1000 GET /rida/module-builds/42
	away 'an absent database'
done
note "absent database: $TOOK ms"
timed 1000 PATCH /rida/module-builds/42 -d '{"state": "failed"}'
away 'a change without a database'
timed 1000 POST /rida/module-builds/ -d "{\"scmurl\": \"git://127.0.0.1:$HANGING/x.git?#$(printf %040d 1)\"}"
away 'a submission without a database'
ask GET /rida/module-builds/ -H 'Accept: text/html'
want 503 'the list as a page'
header 'Content-Type: text/html.*'
get /rida/build-states/
get /rida/module-builds/42/logs/foo/1/build.log
start_mariadb
wait_for 8 good || fail "the database is back, and the pool does not notice"

# Hanging: the first request less than 3 s, then the breaker answers at once.
for i in 1 2 3 4 5 6 7 8; do get /rida/module-builds/42; done
kill -STOP "$MARIADB_PID"
timed 3000 GET /rida/module-builds/42
away 'a hanging database'
note "hanging database, first request: $TOOK ms"
: >"$T/times"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	curl -sS -o "$T/body" -w '%{http_code} %{time_total}\n' "$URL/rida/module-builds/42" >>"$T/times"
done
! grep -v '^503 ' "$T/times" || fail "not all were 503 while the database hung"
MEDIAN=$(cut -d' ' -f2 "$T/times" | sort -n | sed -n 10p)
note "hanging database, median of the next 20: $MEDIAN s"
[ "$(echo "$MEDIAN" | awk '{ print ($1 < 0.05) }')" = 1 ] || fail "the breaker takes $MEDIAN s: $(cat "$T/times")"
kill -CONT "$MARIADB_PID"
wait_for 15 good || fail "the database goes on, and the breaker does not"

# Submissions wait for a server that never answers: the third is told so at once, readers notice nothing.
launch hanging python3 -c "
import socket
server = socket.create_server(('127.0.0.1', $HANGING))
kept = []
while True:
    kept.append(server.accept())"
hang_answers() { ! port_is_free "$HANGING"; }
wait_for 10 hang_answers || fail "the hanging server did not start"
for i in 1 2; do
	launch "submission-$i" curl -sS --max-time 60 -d "{\"scmurl\": \"git://127.0.0.1:$HANGING/x$i.git?#$(printf %040d "$i")\"}" \
		"$URL/rida/module-builds/"
done
slots_are_taken() {
	! flock -n "$T/run/submit-slot-1" true && ! flock -n "$T/run/submit-slot-2" true
}
wait_for 10 slots_are_taken || fail "the slots are not taken"
for i in 1 2 3; do
	timed 1000 POST /rida/module-builds/ -d "{\"scmurl\": \"git://127.0.0.1:$HANGING/y.git?#$(printf %040d 9)\"}"
	problem 503 'Service Unavailable' busy 'no slot is free'
	header 'Retry-After: [0-9]+'
	timed 1000 GET /rida/module-builds/42
	want 200 'a reader while submissions hang'
done
note "a reader while all submission workers wait: $TOOK ms"
slots_are_taken || fail "the submissions ended too early for this test"

# A submission that the web server sends to the readers' pool is not taken there.
sed -i "s/POST    rida_submit/POST    rida_read/" "$T/conf/nginx-rida.conf"
kill -HUP "$NGINX_PID"
sent_elsewhere() {
	ask POST /rida/module-builds/ -d '{}'
	grep -q 'sent this one elsewhere' "$T/body"
}
wait_for 10 sent_elsewhere || fail "the readers' pool took a submission: $(cat "$T/body")"
want 503 'a submission in the wrong pool'
