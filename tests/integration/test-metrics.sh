#!/bin/sh
# SPDX-License-Identifier: MIT
# What the service tells those who watch it: /rida/metrics, summed over the workers of both pools, plain CGI and the
# scheduler, behind both web servers; who may read it; /rida/health in good times and in outages.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
AUTH=no
. "$top_srcdir/tests/integration/ask.sh"
need nginx apache2 curl jq python3
METRICS=/rida/metrics

start_mariadb
settings() {
	write_config 'submit_by: anyone' 'builder: memory' 'num_concurrent_builds: 7' 'ready_overdue: 100' \
		'ready_message_age: 50' 'bus: none' "$@"
}
settings
migrate_db
READ_WORKERS=4
start_front
start_apache

# look: reads the metrics; $T/metrics is what an independent parser makes of them.
look() {
	get $METRICS
	header 'Content-Type: text/plain; ?version=0.0.4.*'
	python3 "$top_srcdir/tests/integration/prometheus_text.py" <"$T/body" >"$T/metrics" || fail "not the text format: $(cat "$T/body")"
}
# value SAMPLE: one of them; 0 when it is not there.
value() {
	jq -r --arg name "$1" '.[$name] // 0' "$T/metrics"
}
# metric SAMPLE WANTED
metric() {
	[ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1") instead of $2: $(cat "$T/body")"
}
requests() {
	value "rida_request_duration_seconds_count{route=\"$1\",status=\"$2\"}"
}

# ask_many NUMBER: four times four requests to $URL, by one of several clients at once.
ask_many() {
	for times in 1 2 3 4; do
		for path in build-states/ "module-builds/4711$times" "secret-$times"; do
			curl -sS --max-time 20 -o "$T/body.$1" "$URL/rida/$path"
		done
		curl -sS --max-time 20 -o "$T/body.$1" -d '{}' "$URL/rida/module-builds/"
	done
}
requests_of_all_workers_add_up() {
	clients=
	for URL in "$NGINX_URL" "$APACHE_URL"; do
		for i in 1 2 3 4 5; do
			ask_many "$i" &
			clients="$clients $!"
		done
	done
	for pid in $clients; do wait "$pid"; done
	URL=$NGINX_URL
	ask HEAD /rida/build-states/
	ask DELETE /rida/module-builds/42
	FRONT=cgi
	get /rida/build-states/
	FRONT=nginx
	look
	[ "$(requests 'GET /rida/build-states/' 200)" = 42 ] || fail "not 42 lists of states: $(cat "$T/body")"
	[ "$(requests 'GET /rida/module-builds/{}' 404)" = 40 ] || fail "not 40 missing builds: $(cat "$T/body")"
	[ "$(requests 'POST /rida/module-builds/' 400)" = 40 ] || fail "not 40 bad submissions: $(cat "$T/body")"
	[ "$(requests none 404)" = 40 ] && [ "$(requests none 501)" = 1 ] || fail "not 40 and 1 without a route: $(cat "$T/body")"
	body_lacks secret-
	body_lacks 4711
	[ "$(find "$T/run" -name '*.meter' | wc -l)" = 1 ] || fail "not one file: $(ls "$T/run")"
}

passes_and_the_database_are_told() {
	for id in 1 2 3; do make_build "$id" "module$id" 1; done
	make_build 4 failed 4
	rows "INSERT INTO claims (build_id, due_at, quarantined_at, last_error) VALUES (1, NOW(6), NOW(6), ''), (2, NULL, NULL, ''),
		(3, UTC_TIMESTAMP(6) - INTERVAL 90 SECOND, NULL, ''), (4, NULL, NULL, '')
		ON DUPLICATE KEY UPDATE due_at = VALUES(due_at), quarantined_at = VALUES(quarantined_at)"
	rows "INSERT INTO outbox (build_id, seq, event_no, msg_id, topic, body, created_at, dead_at) VALUES
		(2, 901, NULL, UUID(), 't', '{}', UTC_TIMESTAMP(6) - INTERVAL 40 SECOND, NULL),
		(2, 900, 7, UUID(), 't', '{}', UTC_TIMESTAMP(6) - INTERVAL 45 SECOND, NULL),
		(3, 900, 6, UUID(), 't', '{}', UTC_TIMESTAMP(6) - INTERVAL 900 SECOND, UTC_TIMESTAMP(6))"
	look
	metric rida_database_up 1
	metric 'rida_builds{state="wait"}' 3
	metric 'rida_builds{state="failed"}' 1
	metric rida_quarantined_builds 1
	metric rida_due_builds 1
	metric rida_waiting_messages 2
	metric rida_dead_messages 1
	metric rida_slots_limit 7
	metric rida_maintenance 0
	[ "$(value rida_due_oldest_seconds | cut -d. -f1)" -ge 90 ] || fail "the oldest due build: $(cat "$T/body")"
	case $(value rida_waiting_message_oldest_seconds) in 4[5-9]*) ;; *) fail "the oldest message: $(cat "$T/body")" ;; esac
	metric rida_pass_age_seconds 0
	metric 'rida_retries_total' 0
	metric 'rida_database_errors_total{kind="lost"}' 0
	for i in 1 2 3; do run_scheduler 2>>"$T/scheduler.log"; done
	look
	metric 'rida_pass_duration_seconds_count{end="good"}' 3
	metric rida_pass_last_good 1
	[ "$(value rida_state_changes_total)" -ge 1 ] || fail "no change of state was counted: $(cat "$T/body")"
	[ "$(value rida_pass_age_seconds | cut -d. -f1)" -le 10 ] || fail "the last pass: $(cat "$T/body")"
	[ "$(find "$T/run" -name '*.meter' | wc -l)" = 2 ] || fail "not two files: $(ls "$T/run")"
	run_scheduler --print-metrics >"$T/printed"
	python3 "$top_srcdir/tests/integration/prometheus_text.py" <"$T/printed" >"$T/metrics"
	metric 'rida_pass_duration_seconds_count{end="good"}' 3
	metric rida_database_up 1
	[ "$(requests 'GET /rida/build-states/' 200)" = 42 ] || fail "the scheduler does not tell the web's: $(cat "$T/printed")"
}

# refused WHAT [HEADER]: whoever asks so reads no metrics.
refused() {
	what=$1
	shift
	ask GET $METRICS "$@"
	want 403 "$what"
	body_lacks rida_pass
}

a21_metrics_are_for_those_who_run_the_service() {
	refused 'a request that was handed on' -H 'X-Forwarded-For: 127.0.0.1'
	refused 'a request that was handed on' -H 'Forwarded: for=127.0.0.1'
	refused 'a request through a proxy' -H 'Via: 1.1 proxy'
	FRONT=cgi
	refused 'a request from nowhere'
	FRONT=nginx
	for case in '203.0.113.7 403' '10.1.2.3 403' '127.0.0.1 200' '127.9.9.9 200' '::1 200' '::ffff:127.0.0.1 200' '::2 403' \
		'127.0.0.1,203.0.113.7 403' 'localhost 403' ' 403' '::ffff:10.1.2.3 403'; do
		env -i RIDA_CONFIG="$RIDA_CONFIG" REQUEST_METHOD=GET REQUEST_URI=$METRICS REMOTE_ADDR="${case% *}" \
			"$top_builddir/cgi/rida.fcgi" >"$T/answer" 2>>"$T/log.cgi" || fail "rida.fcgi: $(tail -3 "$T/log.cgi")"
		grep -q "^Status: ${case##* }" "$T/answer" || fail "${case% *}: $(head -1 "$T/answer") instead of ${case##* }"
	done
	settings 'metrics_for: [10.1.0.0/16]'
	env -i RIDA_CONFIG="$RIDA_CONFIG" REQUEST_METHOD=GET REQUEST_URI=$METRICS REMOTE_ADDR=10.1.2.3 \
		"$top_builddir/cgi/rida.fcgi" >"$T/answer" 2>>"$T/log.cgi"
	grep -q '^Status: 200' "$T/answer" || fail "an allowed address: $(cat "$T/answer")"
	settings 'metrics_for: [10.1.0.0/33]'
	! "$top_builddir/cgi/rida.fcgi" --listen "$T/run/bad.sock" 2>"$T/said" || fail "a network of 33 bits was taken"
	grep -q 'metrics_for: "10.1.0.0/33"' "$T/said" || fail "a bad network: $(cat "$T/said")"
	settings
}

ready() {
	ask GET /rida/health/ready
	[ "$STATUS" = 200 ]
}
# unready NAME: not ready because of this one alone.
unready() {
	ask GET /rida/health/ready
	want 503 "readiness with $1"
	header 'Retry-After: .*'
	header 'Cache-Control: no-store'
	body_is ".ready == false and [.checks[] | select(.ok | not).name] == [\"$1\"]"
}

readiness_says_what_is_missing() {
	rows "UPDATE outbox SET sent_at = UTC_TIMESTAMP(6); UPDATE claims SET due_at = NULL"
	get /rida/health/live
	get /rida/health/ready
	body_is '.ready and (.checks | map(.name)) == ["database", "writable", "maintenance", "scheduler", "messages"] and (.checks | all(.ok))'
	"$top_builddir/scheduler/rida-admin" maintenance on
	get /rida/health/ready
	body_is '.checks[] | select(.name == "maintenance") | .message | startswith("on")'
	"$top_builddir/scheduler/rida-admin" maintenance off
	rows "UPDATE claims SET due_at = UTC_TIMESTAMP(6) - INTERVAL 99 SECOND WHERE build_id = 2"
	get /rida/health/ready
	rows "UPDATE claims SET due_at = UTC_TIMESTAMP(6) - INTERVAL 103 SECOND WHERE build_id = 2"
	unready scheduler
	rows "UPDATE claims SET due_at = NULL"
	rows "UPDATE outbox SET sent_at = NULL, created_at = UTC_TIMESTAMP(6) - INTERVAL 53 SECOND WHERE seq = 901"
	unready messages
	rows "UPDATE outbox SET sent_at = UTC_TIMESTAMP(6)"
	rows 'SET GLOBAL read_only = 1'
	unready writable
	get /rida/module-builds/
	rows 'SET GLOBAL read_only = 0'
	rows "UPDATE schema_versions SET version = version + 100 ORDER BY version DESC LIMIT 1"
	stop "$READ_PID"
	start_pool read --workers 4
	READ_PID=$LAUNCHED
	unready database
	rows "UPDATE schema_versions SET version = version - 100 ORDER BY version DESC LIMIT 1"
	wait_for 10 ready || fail "the tables are right again: $(cat "$T/body")"
}

# timed MILLISECONDS PATH: asks; the answer took less.
timed() {
	began=$(date +%s%N)
	ask GET "$2"
	TOOK=$((($(date +%s%N) - began) / 1000000))
	[ "$TOOK" -le "$1" ] || fail "$2 took $TOOK ms, more than $1"
}

outages_are_told_in_time() {
	for i in 1 2 3 4 5 6 7 8; do get /rida/health/ready; done
	stop "$MARIADB_PID"
	for i in 1 2 3; do
		timed 1000 /rida/health/ready
		want 503 'readiness without a database'
		body_is '.checks == [{"name": "database", "ok": false, "message": "it does not answer"}]'
		timed 1000 $METRICS
		want 200 'metrics without a database'
		timed 1000 /rida/health/live
		want 200 'life without a database'
	done
	look
	metric rida_database_up 0
	[ "$(value 'rida_database_errors_total{kind="unreachable"}')" -ge 3 ] || fail "no error was counted: $(cat "$T/body")"
	[ "$(requests 'GET /rida/health/ready' 503)" -ge 3 ] || fail "no refusal was counted: $(cat "$T/body")"
	run_scheduler --print-metrics >"$T/printed"
	grep -q '^rida_database_up 0$' "$T/printed" || fail "printed without a database: $(cat "$T/printed")"
	! run_scheduler 2>>"$T/scheduler.log" || fail 'a pass without a database ended well'
	look
	metric 'rida_pass_duration_seconds_count{end="bad"}' 1
	metric rida_pass_last_good 0
	start_mariadb
	wait_for 10 ready || fail "the database is back: $(cat "$T/body")"
	for i in 1 2 3 4 5 6 7 8; do get /rida/health/ready; done
	# A restarted one leaves stale connections: nobody is told.
	stop "$MARIADB_PID"
	start_mariadb
	for i in 1 2 3 4 5 6 7 8; do get /rida/health/ready; done
	kill -STOP "$MARIADB_PID"
	timed 3000 /rida/health/ready
	want 503 'readiness while the database hangs'
	: >"$T/times"
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		for path in /rida/health/ready $METRICS; do
			curl -sS -o "$T/body" -w '%{time_total}\n' "$URL$path" >>"$T/times"
		done
	done
	kill -CONT "$MARIADB_PID"
	MEDIAN=$(sort -n "$T/times" | sed -n 11p)
	note "hanging database, median of 22: $MEDIAN s"
	[ "$(echo "$MEDIAN" | awk '{ print ($1 < 0.05) }')" = 1 ] || fail "the breaker takes $MEDIAN s: $(cat "$T/times")"
	wait_for 15 ready || fail "the database goes on: $(cat "$T/body")"
}

a_meter_that_cannot_be_made_stops_nobody() {
	settings "run_dir: $T/nowhere"
	mkdir -p "$T/nowhere"
	chmod 0500 "$T/nowhere"
	[ ! -w "$T/nowhere" ] || { rmdir "$T/nowhere" && : >"$T/nowhere"; }
	env -i RIDA_CONFIG="$RIDA_CONFIG" REQUEST_METHOD=GET REQUEST_URI=/rida/build-states/ \
		"$top_builddir/cgi/rida.fcgi" >"$T/answer" 2>"$T/said" || fail "rida.fcgi: $(cat "$T/said")"
	grep -q '^Status: 200' "$T/answer" || fail "without a meter: $(cat "$T/answer")"
	[ "$(grep -c meter-not-opened "$T/said")" = 1 ] || fail "not one warning: $(cat "$T/said")"
	settings
}

run_tests requests_of_all_workers_add_up passes_and_the_database_are_told a21_metrics_are_for_those_who_run_the_service \
	readiness_says_what_is_missing outages_are_told_in_time a_meter_that_cannot_be_made_stops_nobody
