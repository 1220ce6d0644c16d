#!/bin/sh
# SPDX-License-Identifier: MIT
# Reading over 100,000 builds of 10 components, against a FastCGI program that says hello behind the same nginx.
# FastCGI connections are not kept, neither rida's nor hello's.
. "$top_srcdir/tests/bench/bench.sh"
need wrk curl nginx apache2
BUILDS=${BUILDS:-100000}
ROUNDS=${ROUNDS:-5}
WORKERS=4
CLIENTS=16
api=/rida/module-builds

# rate PATH: requests per second of 16 clients.
rate() {
	wrk -t1 -c$CLIENTS -d"${SECONDS_EACH:-1}"s "$NGINX_URL$1" >"$T/wrk" 2>&1 || fail "wrk: $(cat "$T/wrk")"
	awk '/^Requests\/sec:/ { print $2 }' "$T/wrk"
}

# answers STATUS PATH: a benchmark of errors that nobody wanted would look good.
answers() {
	got=$(curl -s -o "$T/answer" -w '%{http_code}' "$NGINX_URL$2")
	[ "$got" = "$1" ] || fail "$2 is answered $got: $(head -c 500 "$T/answer")"
}

# compare NAME STATUS PATH STATUS PATH UNIT: the first one's rate in parts of the other's, round by round.
compare() {
	answers "$2" "$3"
	answers "$4" "$5"
	for _ in $(seq "$ROUNDS"); do
		ratio "$(rate "$3")" "$(rate "$5")"
		echo
	done >"$T/rounds"
	figure "$1" "$(median <"$T/rounds")" "$6"
}

# executed: statements that the server has executed.
executed() {
	sql "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'" | cut -f2
}

# statements NAME PATH: how many a request takes; a worker's first one also opens its connection.
statements() {
	for _ in 1 2 3 4 5 6 7; do
		before=$(executed)
		answers 200 "$2"
		echo $(($(executed) - before))
	done >"$T/counts"
	figure "$1-statements" "$(median <"$T/counts")" per-request
}

# tree PID: it and its children.
tree() {
	echo "$1"
	ps -o pid= --ppid "$1" | tr -d ' '
}

# ticks PID...: processor time that these, their children and their former children have used, in clock ticks.
ticks() {
	for parent; do
		for pid in $(tree "$parent"); do
			sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk -v whole="$((pid == parent))" \
				'{ print $12 + $13 + (whole ? $14 + $15 : 0) }' || :
		done
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

# cost PATH PID...: microseconds of processor time that these use for a request.
cost() {
	path=$1
	shift
	before=$(ticks "$@")
	rate "$path" >/dev/null
	awk -v ticks="$(($(ticks "$@") - before))" -v second="$(getconf CLK_TCK)" \
		'/requests in/ { printf "%.1f\n", ticks * 1000000 / second / $1 }' "$T/wrk"
}

# of_workers COMMAND: what it says about each reading worker, "PID NUMBER" a line.
of_workers() {
	for pid in $(ps -o pid= --ppid "$READ_POOL" | tr -d ' '); do
		echo "$pid $("$1" "$pid")"
	done
}
peak() {
	awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status"
}
private() {
	awk '/^Private_(Clean|Dirty):/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

# fairness NAME PORT: how 16 clients share 4 workers.
fairness() {
	"$top_builddir/tests/bench/clients" "$2" "$api/$((BUILDS / 2))" "$CLIENTS" 4 >"$T/shares"
	figure "$1-least-served" "$(head -1 "$T/shares")" requests
	figure "$1-busiest" "$(ratio "$(tail -1 "$T/shares")" "$(head -1 "$T/shares")")" of-least-served
}

start_bench_db
write_config 'submit_by: nobody' "read_workers: $WORKERS"
migrate_db >/dev/null
figure seed "$(milliseconds seed "$BUILDS" 10 5 10)" ms
seed_events
launch hello "$top_builddir/tests/bench/hello" "$T/run/hello.sock" "$WORKERS"
HELLO=$LAUNCHED
wait_for 10 test -S "$T/run/hello.sock" || fail 'hello did not start'
chmod 0666 "$T/run/hello.sock"
cat >"$T/hello.conf" <<END
location = /hello {
	include $T/conf/rida_fastcgi_params;
	fastcgi_pass unix:$T/run/hello.sock;
}
END
start_pool read --workers "$WORKERS"
READ_POOL=$LAUNCHED
start_pool submit --submit --workers 1
NGINX_EXTRA=$T/hello.conf
start_nginx
start_apache

build=$api/$((BUILDS / 2))
page="$api/?per_page=10&page"
answers 200 /hello
figure hello "$(rate /hello)" requests/s
compare build 200 "$build" 200 /hello of-hello
compare verbose-page 200 "$page=1&verbose=true" 200 /hello of-hello
compare states 200 /rida/build-states/ 200 /hello of-hello
compare no-such-url 404 /rida/nothing 200 /hello of-hello
compare bad-request 400 "$page=x" 200 /hello of-hello
compare no-such-build 404 "$api/$((BUILDS + 1))" 200 /hello of-hello
compare filtered-page 200 "$page=1&name=module-7&state=ready" 200 /hello of-hello
compare last-page 200 "$page=1" 200 "$page=$((BUILDS / 10))" time-of-first
compare middle-page 200 "$page=1" 200 "$page=$((BUILDS / 20))" time-of-first
compare no-events 200 "/rida/events?after=$BUILDS" 200 /hello of-hello
compare 10-events 200 "/rida/events?after=$((BUILDS / 2))&limit=10" 200 /hello of-hello
compare feed 200 /rida/feeds/builds 200 /hello of-hello
for _ in $(seq "$ROUNDS"); do
	ratio "$(rate "/rida/events?after=$((BUILDS / 2))&limit=1000" | awk '{ print $1 * 1000 }')" "$(rate /hello)"
	echo
done >"$T/rounds"
figure 1000-events "$(median <"$T/rounds")" events-per-hello
statements build "$build"
statements page "$page=1"
statements verbose-page "$page=1&verbose=true"
statements filtered-page "$page=1&name=module-7&state=ready"
statements events "/rida/events?after=$((BUILDS / 2))&limit=1000"

for _ in $(seq "$ROUNDS"); do
	ratio "$(cost "$build" "$READ_POOL" "$MARIADB_PID")" "$(cost /hello "$HELLO" "$NGINX_PID")"
	echo
done >"$T/rounds"
figure build-cpu "$(median <"$T/rounds")" of-hello-and-nginx

fairness nginx "$NGINX_PORT"
fairness apache "$APACHE_PORT"

of_workers peak >"$T/before"
for list in "$api/" "$api/?verbose=true"; do
	curl -sf -o "$T/list" -w '%{time_starttransfer} %{time_total}\n' "$NGINX_URL$list"
	[ "$(grep -c '"id"' "$T/list")" -eq "$BUILDS" ] || fail "$list is not whole"
done >"$T/times" || fail "the whole list: $(cat "$T/times")"
of_workers peak >"$T/after"
awk '{ print "whole-list-first-byte", $1 * 1000, "ms"; print "whole-list", $2 * 1000, "ms" }
	NR == 1 { print "" }' "$T/times" | sed '/^$/,$s/whole-list/whole-verbose-list/; /^$/d'
figure whole-list-memory "$(awk 'NR == FNR { was[$1] = $2; next } $1 in was && $2 - was[$1] > most { most = $2 - was[$1] }
	END { printf "%.1f", most / 1024 }' "$T/before" "$T/after")" MiB-grown
of_workers private >"$T/private"
figure worker-memory "$(awk '$2 > most { most = $2 } END { printf "%.1f", most / 1024 }' "$T/private")" MiB-private
