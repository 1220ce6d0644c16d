#!/bin/sh
# SPDX-License-Identifier: MIT
# What reading costs, in counts, which do not depend on the machine: statements of a request, rows that the server looks
# at for it; and how 16 clients share 4 workers behind each web server.
. "${top_srcdir:?}/tests/bench/bench.sh"
FRONT=nginx
AUTH=no
READ_WORKERS=1
. "$top_srcdir/tests/integration/ask.sh"
need nginx apache2 curl jq
LIST=/rida/module-builds/

# status PATTERN...: the sum of such counters of the server.
status() {
	for pattern; do
		sql "SHOW GLOBAL STATUS LIKE '$pattern'"
	done | awk '{ sum += $2 } END { print sum + 0 }'
}
# Both ways to run a statement: prepared ones count as what they are, too.
statements() {
	status Com_select Com_insert Com_update Com_delete Com_begin Com_commit
}
rows_read() {
	status 'Handler_read_%'
}

# costs STATUS STATEMENTS ROWS PATH [OPTION...]: the request is answered so, and costs at most so much.
costs() {
	wanted=$1 statements_max=$2 rows_max=$3 path_of_costs=$4
	shift 4
	said=$(statements) read=$(rows_read)
	idle=$(($(rows_read) - read)) # looking costs rows too
	read=$(rows_read)
	ask GET "$path_of_costs" "$@"
	read=$(($(rows_read) - read - idle)) said=$(($(statements) - said))
	want "$wanted" "$path_of_costs"
	note "$path_of_costs: $said statements, $read rows"
	[ "$said" -le "$statements_max" ] || fail "$path_of_costs: $said statements instead of $statements_max"
	[ "$read" -le "$rows_max" ] || fail "$path_of_costs: $read rows were read instead of $rows_max"
}

start_mariadb
write_config 'submit_by: nobody' 'builder: memory'
migrate_db
seed 3000 5 5 5
seed_events
start_front
# Opens the worker's connections.
get "$LIST?verbose=true"

# --- statements and rows ----------------------------------------------------------------------------
costs 200 0 0 /rida/build-states/
costs 404 0 0 /rida/nothing
costs 400 0 0 "$LIST?page=x"
costs 404 1 2 "${LIST}3001"
costs 200 1 2 "${LIST}1500"
# A page reads its rows, the next one, and two counters; a client that has it already is told after that.
for page in 1 150 151 300; do
	costs 200 1 13 "$LIST?per_page=10&page=$page"
	body_is "map(.id) == [range(($page - 1) * 10 + 1; $page * 10 + 1)]"
	costs 200 1 23 "$LIST?per_page=10&page=$page&verbose=true"
	body_is 'length == 10 and (map(.tasks | length == 5) | all)'
done
costs 200 1 203 "$LIST?per_page=100&page=15&verbose=true"
body_is 'length == 100'
costs 200 1 3 "$LIST?page=301"
body_is '. == []'
costs 200 2 6010 "$LIST?verbose=true"
body_is 'length == 3000'
get "$LIST?per_page=10&page=2"
tag=$(tr -d '\r' <"$T/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
costs 304 1 13 "$LIST?per_page=10&page=2" -H "If-None-Match: $tag"
# Filters count over their index, into a table that is read again: 3 builds of a name, 60 of an owner, 300 of a stream.
costs 200 2 20 "$LIST?page=1&name=module-7"
body_is 'map(.id) == [7, 1007, 2007]'
costs 200 2 20 "$LIST?page=1&name=module-7&state=ready"
costs 200 2 140 "$LIST?page=1&owner=user-7&state=ready"
costs 200 2 650 "$LIST?page=1&stream=stream-7"
costs 200 2 650 "$LIST?page=2&stream=stream-7&verbose=true"
costs 200 2 15 "$LIST?page=1&state=ready"
costs 200 2 15 "$LIST?page=300&state=ready"
costs 200 2 3 "$LIST?page=1&state=failed"
costs 200 2 2030 "$LIST?page=1&submitted_before=2030-01-01T00:00:00Z"

# A page for people costs one statement for its rows as well, and no more when they are many.
page='Accept: text/html'
costs 200 2 103 "$LIST?per_page=50" -H "$page"
costs 200 2 203 "$LIST?per_page=100&page=15" -H "$page"

# State changes cost the rows that are answered and one for the newest number, wherever they are and whosever they are.
events=/rida/events
costs 200 1 4 "$events?after=3000"
body_is '. == []'
for after in 0 1500 2990; do
	costs 200 1 14 "$events?after=$after&limit=10"
	body_is "map(.event) == [range($after + 1; $after + 11)]"
done
costs 200 1 1004 "$events?after=1000&limit=1000"
body_is 'length == 1000 and (map(.body.id == .event) | all)'
costs 200 1 7 "$events?name=module-7"
body_is 'map(.event) == [7, 1007, 2007]'
costs 200 1 14 "$events?owner=user-7&after=1500&limit=10"
body_is 'length == 10 and .[0].event > 1500'
costs 200 1 5 "$events?build=1500"
body_is 'map(.event) == [1500]'
stream='Accept: text/event-stream'
costs 200 1 2 $events -H "$stream"
costs 200 1 4 $events -H "$stream" -H 'Last-Event-ID: 3000'
costs 200 1 34 $events -H "$stream" -H 'Last-Event-ID: 2970'
# Feeds and pages look up each event's build and reason.
costs 200 1 154 /rida/feeds/builds
costs 200 1 13 /rida/feeds/modules/module-7
costs 200 1 157 $events -H "$page"
costs 200 1 157 "$events?before=1500" -H "$page"
costs 200 1 157 "$events?after=1500" -H "$page"

# Stored tasks of another generation are assembled for the whole page at once.
rows 'UPDATE builds SET gen = gen + 1 WHERE id BETWEEN 101 AND 200'
costs 200 3 2300 "$LIST?per_page=100&page=2&verbose=true"
body_is 'length == 100 and (map(.tasks | length == 5) | all)'

# What watches the service reads no table but by keys: 3,000 builds cost what the few do that wait.
rows "REPLACE INTO claims (build_id, last_error, quarantined_at, due_at)
	SELECT id, '', IF(id < 10, NOW(6), NULL), IF(id < 20, NOW(6), NULL) FROM builds"
costs 200 0 0 /rida/health/live
costs 200 2 150 /rida/health/ready
costs 200 2 150 /rida/metrics
costs 200 3 250 /rida/status
costs 200 3 250 /rida/status -H "$page"

# --- every place in the list is right, whatever was not stored ---------------------------------------
sql "INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`, builder,
	submitted_at, modified_at) VALUES (UUID(), 'module-1', 'stream-1', 20260101000001, '00000000', 1, '', 'alice', '', '',
	'memory', NOW(6), NOW(6))" >"$T/refused" 2>&1 && fail 'the same build was stored twice'
sql "START TRANSACTION; INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, owner, scmurl,
	\`commit\`, builder, submitted_at, modified_at) VALUES (UUID(), 'taken-back', 's', 1, '0', 1, '', 'alice', '', '',
	'memory', NOW(6), NOW(6)); ROLLBACK"
make_build 3100 after 1
get "$LIST?per_page=10&page=301"
body_is 'map(.id) == [3100]'
get "$LIST?per_page=10&page=1" -H "$page"
body_has 'module-builds/3100"'
body_has 'module-builds/2992"'
body_lacks 'module-builds/2991"'
get "$LIST?per_page=10&page=301" -H "$page"
body_has 'module-builds/1"'
body_lacks 'module-builds/2"'

# --- 16 clients on 4 workers --------------------------------------------------------------------------
stop "$READ_PID"
start_pool read --workers 4
start_apache
for front in "nginx $NGINX_PORT" "apache $APACHE_PORT"; do
	"$top_builddir/tests/bench/clients" "${front#* }" "${LIST}1500" 16 2 >"$T/shares"
	least=$(head -1 "$T/shares") most=$(tail -1 "$T/shares")
	note "${front% *}: each of 16 clients got $least to $most answers"
	[ "$least" -gt 0 ] && [ "$most" -le $((least * 10)) ] || fail "${front% *}: clients starve: $(tr '\n' ' ' <"$T/shares")"
done
