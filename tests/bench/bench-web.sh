#!/bin/sh
# SPDX-License-Identifier: MIT
# Reading through nginx over 100,000 builds of 10 components, against a FastCGI program that says hello.
. "$top_srcdir/tests/bench/bench.sh"
need wrk curl
BUILDS=${BUILDS:-100000}
ROUNDS=${ROUNDS:-3}
WORKERS=2

# rate URL: requests per second of 16 clients.
rate() {
	wrk -t1 -c16 -d"${SECONDS_EACH:-2}"s "$NGINX_URL$1" >"$T/wrk" 2>&1 || fail "wrk: $(cat "$T/wrk")"
	awk '/^Requests\/sec:/ { print $2 }' "$T/wrk"
}

# answers STATUS PATH: a benchmark of errors that nobody wanted would look good.
answers() {
	got=$(curl -s -o "$T/answer" -w '%{http_code}' "$NGINX_URL$2")
	[ "$got" = "$1" ] || fail "$2 is answered $got: $(head -c 500 "$T/answer")"
}

# executed: statements that the server has executed.
executed() {
	sql "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'" | cut -f2
}

# measure NAME STATUS PATH: against hello, round by round; and its statements per request.
measure() {
	answers "$2" "$3"
	for _ in $(seq "$ROUNDS"); do
		ratio "$(rate "$3")" "$(rate /hello)"
		echo
	done >"$T/rounds"
	figure "$1" "$(median <"$T/rounds")" of-hello
	before=$(executed)
	for _ in 1 2 3 4 5; do
		answers "$2" "$3"
	done
	figure "$1-statements" "$(ratio "$(($(executed) - before))" 5)" per-request
}

start_bench_db
write_config 'submit_by: nobody' "read_workers: $WORKERS"
migrate_db >/dev/null
figure seed "$(milliseconds seed "$BUILDS" 10 5 10)" ms
launch hello "$top_builddir/tests/bench/hello" "$T/run/hello.sock" "$WORKERS"
wait_for 10 test -S "$T/run/hello.sock" || fail 'hello did not start'
chmod 0666 "$T/run/hello.sock"
cat >"$T/hello.conf" <<END
location = /hello {
	include $T/conf/rida_fastcgi_params;
	fastcgi_pass unix:$T/run/hello.sock;
}
END
READ_WORKERS=$WORKERS
SUBMIT_WORKERS=1
start_fcgi
NGINX_EXTRA=$T/hello.conf
start_nginx
api=/rida/module-builds
figure hello "$(rate /hello)" requests/s
measure states 200 /rida/build-states/
measure build 200 "$api/$((BUILDS / 2))"
measure no-such-build 404 "$api/$((BUILDS + 1))"
measure no-such-page 404 /rida/nothing
measure first-page 200 "$api/?per_page=10&page=1"
measure last-page 200 "$api/?per_page=10&page=$((BUILDS / 10))"
measure verbose-page 200 "$api/?per_page=10&page=1&verbose=true"
measure filtered-page 200 "$api/?per_page=10&page=1&name=module-7&state=ready"
figure whole-list "$(milliseconds curl -sf -o "$T/list" "$NGINX_URL$api/")" ms
figure whole-list-verbose "$(milliseconds curl -sf -o "$T/list" "$NGINX_URL$api/?verbose=true")" ms
# The largest of the workers, all of which have served.
rss=$(ps -o rss=,args= -A | awk -v socket="$T/run/read.sock" 'index($0, socket) && index($0, "rida.fcgi") { print $1 }' | sort -n | tail -1)
figure worker-memory "$((rss / 1024))" MiB
