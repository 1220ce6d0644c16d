#!/bin/sh
# SPDX-License-Identifier: MIT
# The pages, as a person sees them: in Chromium, through nginx, large and small, light and dark, with scripts and without.
. "${top_srcdir:?}/tests/integration/pages.sh"

start_scheduler_db 'num_concurrent_builds: 100' 'koji_weburl: https://koji.example.org/koji' 'webhook_url: https://ci.example.org/hook'
start_front
BROWSER='Accept: text/html'
BUILDS=/rida/module-builds/
get "$BUILDS" -H "$BROWSER"
body_has 'No module was submitted yet.'
mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <"$top_srcdir/tests/integration/pages.sql" || fail 'pages.sql'
for id in 61 65; do
	sql "SELECT name, attempt FROM components WHERE build_id = $id AND attempt > 0" | while read -r name attempt; do
		mkdir -p "$T/state/logs/$id/$name/$attempt"
		echo 'the whole log' | tee "$T/state/logs/$id/$name/$attempt/build.log" >"$T/state/logs/$id/$name/$attempt/root.log"
	done
done

# questions: how many statements the server was asked so far, with this one.
questions() {
	sql "SHOW GLOBAL STATUS LIKE 'Questions'" | cut -f2
}

# statements MAX PATH: a page does not need more; the first time the worker prepares them.
statements() {
	get "$2" -H "$BROWSER"
	own=$(questions)
	own=$(($(questions) - own))
	before=$(questions)
	get "$2" -H "$BROWSER"
	asked=$(($(questions) - before - own))
	note "$2: $asked statements, $(wc -c <"$T/body") bytes, $(gzip -c "$T/body" | wc -c) compressed, $(curl -sS -o /dev/null -w '%{time_total}' -H "$BROWSER" "$URL$2") s"
	[ "$asked" -le "$1" ] || fail "$2 asks the database $asked times"
}
statements 4 "$BUILDS"
statements 4 "$BUILDS?state=failed&owner=jnovy&page=1&per_page=10"
statements 8 "${BUILDS}62"
statements 8 "${BUILDS}65"
[ "$(wc -c <"$T/body")" -lt 1000000 ] || fail 'the page of 2,000 components is too large'

LIVE=$(insert 1 live first:1:ms-800 second:1:ms-1200 third:2:ms-800)
browse pages.py up "$URL" "$LIVE"
stop "$MARIADB_PID"
browse pages.py away "$URL" "$LIVE"
stop "$READ_PID"
browse pages.py stopped "$URL" "$LIVE"
ask GET "$BUILDS"
problem 503 'Service Unavailable' 'not running' 'programs are told so in JSON'
