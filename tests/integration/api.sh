# SPDX-License-Identifier: MIT
# Every row of the API's two tables, through the front end named in FRONT.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need curl jq git
[ "$FRONT" = cgi ] || need "$FRONT$([ "$FRONT" != apache ] || echo 2)"
BUILDS=/rida/module-builds/

start_mariadb
mkdir -p "$T/git"
start_git_daemon "$T/git"
settings() {
	write_config 'auth: front' 'submit_by: identified' 'admins: [admin]' 'gate_users: [gate]' 'builder: memory' \
		"scm_allow: [$GIT_URL/]" "rpms_repository: $GIT_URL/rpms/{name}.git" 'submit_slots: 2' 'gate: external' "$@"
}
settings
migrate_db
start_front

# --- what is read ---------------------------------------------------------------------------------
get "$BUILDS"
body_is '. == []'
for id in 1 2 3 4 5 6 7 8 9 10 11 12; do
	make_build "$id" "module$((id % 3))" "$((id % 6))" "$([ $((id % 2)) -eq 0 ] && echo bob || echo alice)"
done
make_build 41 foo 3
make_build 42 foo 2
rows "INSERT INTO components (id, build_id, name, repository, ref, batch, state, state_reason, nvr, task_id, task_state, attempt)
	VALUES (1, 42, 'foo', '', '', 2, 1, '', NULL, 6378, 2, 1), (2, 42, 'bar', '', '', 2, 0, '', NULL, 6379, 1, 2),
	(3, 42, 'baz', '', '', 3, NULL, '', NULL, 0, NULL, 0)"

get "${BUILDS}42"
header 'Content-Type: application/json'
header 'X-Content-Type-Options: nosniff'
header 'Vary: .*Accept.*'
body_is '. == {"id": 42, "state": "build", "tasks": {"rpms/foo": "6378/closed", "rpms/bar": "6379/open", "rpms/baz": "0/free"}}'
rows "UPDATE components SET nvr = 'foo-1-1' WHERE id = 1; UPDATE builds SET gen = gen + 1 WHERE id = 42"
get "${BUILDS}42"
body_is '.tasks["rpms/foo-1-1"] == "6378/closed" and (.tasks | has("rpms/foo") | not)'
rows "REPLACE INTO build_views (build_id, gen, tasks) SELECT 42, gen, '{\"rpms/stored\": \"1/open\"}' FROM builds WHERE id = 42"
get "${BUILDS}42"
body_is '.tasks == {"rpms/stored": "1/open"}'
rows 'UPDATE builds SET gen = gen + 1 WHERE id = 42'
get "${BUILDS}42"
body_is '.tasks | has("rpms/bar")'
[ "$(sql 'SELECT COUNT(*) FROM build_views')" = 1 ] || fail "a reader stored a view"

get "$BUILDS"
body_is 'length == 14 and .[0] == {"id": 1, "state": "wait"} and .[12] == {"id": 41, "state": "done"} and (map(.id) == (map(.id) | sort))'
get "$BUILDS?verbose=true"
body_is 'length == 14 and (.[13] | .id == 42 and (.tasks | length == 3)) and .[0].tasks == {}'

get /rida/build-states/
body_is 'length == 7 and .[0].number == 0 and .[0].name == "init" and (map(.meaning | length > 10) | all) and .[6].name == "garbage"'

# --- filters and pages ----------------------------------------------------------------------------
get "$BUILDS?state=done"
body_is 'map(.id) == [3, 9, 41]'
get "$BUILDS?state=3"
body_is 'map(.id) == [3, 9, 41]'
get "$BUILDS?owner=bob&name=module0"
body_is 'map(.id) == [6, 12]'
get "$BUILDS?stream=other"
body_is '. == []'
get "$BUILDS?name=foo&nonsense=1&state="
body_is 'map(.id) == [41, 42]'
rows "UPDATE builds SET gen = gen + 1, submitted_at = '2016-09-03 11:23:20', modified_at = '2016-09-03 12:00:00', completed_at = '2016-09-03 13:00:00' WHERE id = 5"
get "$BUILDS?submitted_before=2016-09-03T11:24:00Z"
body_is 'map(.id) == [5]'
get "$BUILDS?submitted_before=2016-09-03T11:23:20Z&submitted_after=2016-09-03T11:23:20Z"
body_is 'map(.id) == [5]'
get "$BUILDS?submitted_before=2016-09-03T11:23:19Z"
body_is '. == []'
get "$BUILDS?submitted_after=2016-09-03T11:24:00Z"
body_is 'length == 13'
get "$BUILDS?modified_before=2017-01-01T00:00:00Z&completed_after=2016-09-03T12:59:59Z&completed_before=2016-09-03T13:00:01Z"
body_is 'map(.id) == [5]'
get "$BUILDS?modified_after=2017-01-01T00:00:00Z"
body_is 'length == 13'
for bad in state=nonsense submitted_before=yesterday modified_after=2016-09-03T11:23:20-05:00 page=0 page=x \
	page=-1 per_page=0 per_page=101 verbose=perhaps; do
	ask GET "$BUILDS?$bad"
	problem 400 'Bad Request' "^${bad%%=*}: " "$bad"
done
ask GET "$BUILDS?name=%zz"
problem 400 'Bad Request' . 'a query that cannot be decoded'
ask GET "$BUILDS?name=%00"
problem 400 'Bad Request' . 'NUL in a query'

get "$BUILDS?per_page=5"
body_is 'map(.id) == [1, 2, 3, 4, 5]'
header 'Link: <'"$BUILDS"'\?page=1&per_page=5>; rel="first", <'"$BUILDS"'\?page=2&per_page=5>; rel="next", <'"$BUILDS"'\?page=3&per_page=5>; rel="last"'
get "$BUILDS?page=2&per_page=5"
body_is 'map(.id) == [6, 7, 8, 9, 10]'
header 'Link: .*page=1&per_page=5>; rel="prev".*page=3&per_page=5>; rel="next".*'
get "$BUILDS?page=3&per_page=5"
body_is 'map(.id) == [11, 12, 41, 42]'
no_header 'Link: .*rel="next".*'
get "$BUILDS?page=2&per_page=2&owner=bob"
body_is 'map(.id) == [6, 8]'
header 'Link: .*<'"$BUILDS"'\?owner=bob&page=3&per_page=2>; rel="next".*'
get "$BUILDS?page=4"
body_is '. == []'
for far in 1000000000 1000000000000000000000000000000; do
	get "$BUILDS?page=$far&per_page=100"
	body_is '. == []'
done
get "$BUILDS?submitted_before=1970-01-01T00:00:00Z"
body_is '. == []'
get "$BUILDS?page=1&per_page=1&verbose=true"
body_is '. == [{"id": 1, "state": "wait", "tasks": {}}]'

# --- conditional requests, HEAD, OPTIONS ----------------------------------------------------------
for path in "${BUILDS}42" "$BUILDS" "$BUILDS?verbose=true" "$BUILDS?page=1"; do
	get "$path"
	tag=$(tr -d '\r' <"$T/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
	case $tag in W/*) ;; *) fail "$path: the tag \"$tag\" is not weak" ;; esac
	ask GET "$path" -H "If-None-Match: $tag"
	want 304 "$path again"
	[ ! -s "$T/body" ] || fail "$path: 304 with a body"
	rows "UPDATE builds SET gen = gen + 1, modified_at = NOW(6) WHERE id = 42"
	ask GET "$path" -H "If-None-Match: $tag"
	want 200 "$path after a change"
	ask HEAD "$path"
	want 200 "HEAD $path"
	[ ! -s "$T/body" ] || fail "HEAD $path: with a body"
	header 'Content-Type: application/json'
	header 'Cache-Control: no-cache'
done
# tagged PATH [OPTION...]: has a tag, is 304 with it, and HEAD is without a body.
tagged() {
	get "$@"
	tag=$(tr -d '\r' <"$T/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
	[ -n "$tag" ] || fail "$FRONT: $1 has no tag"
	ask GET "$@" -H "If-None-Match: $tag"
	want 304 "$1 again"
	ask HEAD "$@"
	want 200 "HEAD $1"
	[ ! -s "$T/body" ] || fail "$FRONT: HEAD $1: with a body"
}
rows "INSERT INTO modulemds (build_id, kind, text) VALUES (42, 0, 'document: modulemd')"
mkdir -p "$T/state/logs/42/foo/1"
echo line >"$T/state/logs/42/foo/1/build.log"
for path in /rida/ /rida/build-states/ "${BUILDS}42/modulemd" /rida/static/rida.js; do
	tagged "$path"
done
# The page of a build that runs tells for how long.
tagged "${BUILDS}5" -H 'Accept: text/html'
tagged "${BUILDS}42/logs/foo/1/build.log"
echo more >>"$T/state/logs/42/foo/1/build.log"
ask GET "${BUILDS}42/logs/foo/1/build.log" -H "If-None-Match: $tag"
want 200 'a log that grew'
ask OPTIONS "${BUILDS}42"
want 200 OPTIONS
header 'Allow: GET, HEAD, PATCH, OPTIONS'
ask OPTIONS "$BUILDS"
header 'Allow: GET, HEAD, POST, OPTIONS'

# --- what does not exist --------------------------------------------------------------------------
for path in /rida/nothing /rida/module-builds/42/ /rida/module-builds/0 /rida/module-builds/-1 /rida/module-builds/4x \
	/rida/module-builds/18446744073709551616 /rida/module-builds/4711 /rida/module-builds/42/logs/; do
	ask GET "$path"
	problem 404 'Not Found' . "$path"
done
ask GET "//rida///module-builds//42"
want 200 'folded slashes'
ask GET '/rida/module-builds?state=done'
want 308 'a forgotten slash'
header 'Location: .*/rida/module-builds/\?state=done'
for method in DELETE PUT; do
	ask "$method" "${BUILDS}42"
	problem 501 'Not Implemented' 'GET, HEAD, PATCH, OPTIONS' "$method"
	header 'Allow: GET, HEAD, PATCH, OPTIONS'
done
ask PATCH "$BUILDS" -u alice -d '{}'
problem 501 'Not Implemented' . 'PATCH of the list'

# --- pages ----------------------------------------------------------------------------------------
BROWSER='Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
rows "UPDATE builds SET gen = gen + 1, event_seq = event_seq + 1, owner = '<script>alert(1)</script>', state = 4, failure_type = 1, state_reason = '</pre><img src=x onerror=alert(2)>',
	scmurl = 'javascript:alert(3)//\"onload=\"' WHERE id = 12"
rows "INSERT INTO components (id, build_id, name, repository, ref, batch, state, state_reason, task_id, task_state, attempt)
	VALUES (9, 12, 'evil', '', '', 2, 3, '<b>reason</b>', 5, 5, 1)"
rows "INSERT INTO log_excerpts (build_id, component_id, attempt, file, excerpt) VALUES
	(12, 9, 1, 'build.log', CONCAT(CHAR(27), '[31mred', CHAR(27), '[0m <script>x</script>'))"
rows "INSERT INTO warnings (build_id, component, text, created_at) VALUES (12, 'evil', '<i>warned</i>', NOW(6))"
rows "INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at) VALUES (12, 7, 1, NULL, 0, '<u>why</u>', '\"><svg>', NOW(6))"
rows "INSERT INTO modulemds (build_id, kind, text) VALUES (12, 0, 'document: modulemd')"
mkdir -p "$T/state/logs/12/evil/1"
printf '<script>alert(1)</script>\033[31m\033]8;;http://evil/\033\\' >"$T/state/logs/12/evil/1/build.log"
for path in "$BUILDS" "${BUILDS}12" /rida/ "$BUILDS?name=%22%3E%3Cscript%3E&state=failed" /rida/build-states/ "${BUILDS}4711" /rida/nowhere; do
	ask GET "$path" -H "$BROWSER"
	header 'Content-Type: text/html; charset=utf-8'
	header "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'.*"
	header 'Referrer-Policy: .*'
	body_has '<!DOCTYPE html>'
	for raw in '<script>' '<img' '<b>' '<i>' '<u>' '<svg' '"onload' 'href="javascript' "$(printf '\033')"; do
		body_lacks "$raw"
	done
done
want 404 'an error page'
ask GET "${BUILDS}12" -H "$BROWSER"
body_has '&lt;script&gt;alert(1)&lt;/script&gt;'
body_has 'red &lt;script&gt;x'
body_has "/rida/module-builds/12/logs/evil/1/build.log"
body_has '/rida/module-builds/12?format=json'
get "${BUILDS}12?format=json" -H "$BROWSER"
body_is '.id == 12'
get "${BUILDS}12/modulemd"
body_has 'document: modulemd'
get "${BUILDS}42" -H 'Accept: text/html;q=0.5, application/json'
body_is '.id == 42'
get /rida/
body_has '<!DOCTYPE html>'
get /rida/static/rida.css
header 'Content-Type: text/css.*'
header 'X-Content-Type-Options: nosniff'

# --- logs -----------------------------------------------------------------------------------------
LOG=${BUILDS}12/logs/evil/1/build.log
get "$LOG" -H "$BROWSER"
header 'Content-Type: text/plain; charset=utf-8'
header 'X-Content-Type-Options: nosniff'
header "Content-Security-Policy: default-src 'none'; sandbox.*"
cmp -s "$T/body" "$T/state/logs/12/evil/1/build.log" || fail "the log is not as it was written"
printf 0123456789 >"$T/state/logs/12/evil/1/build.log"
ask GET "$LOG" -H 'Range: bytes=2-4'
want 206 'a range'
header 'Content-Range: bytes 2-4/10'
[ "$(cat "$T/body")" = 234 ] || fail "range 2-4 is $(cat "$T/body")"
ask GET "$LOG" -H 'Range: bytes=-3'
want 206 'the last bytes'
[ "$(cat "$T/body")" = 789 ] || fail "the last 3 bytes are $(cat "$T/body")"
printf abc >>"$T/state/logs/12/evil/1/build.log"
ask GET "$LOG" -H 'Range: bytes=10-'
want 206 'a log that grew'
[ "$(cat "$T/body")" = abc ] || fail "the new bytes are $(cat "$T/body")"
ask GET "$LOG" -H 'Range: bytes=13-'
want 416 'a range past the end'
header 'Content-Range: bytes \*/13'
ask HEAD "$LOG"
want 200 'HEAD of a log'
# Apache leaves the length of what it does not send out.
[ "$FRONT" = apache ] || header 'Content-Length: 13'
head -c 300000 /dev/zero | tr '\0' x >"$T/state/logs/12/evil/1/long.log"
get "${BUILDS}12/logs/evil/1/long.log"
cmp -s "$T/body" "$T/state/logs/12/evil/1/long.log" || fail "a long log is not whole"
echo secret >"$T/state/secret"
ln -s "$T/state/secret" "$T/state/logs/12/evil/1/link.log"
for path in link.log .. %2e%2e ..%2f..%2f..%2f..%2fsecret %00 'a%0ab' nothing.log; do
	ask GET "${BUILDS}12/logs/evil/1/$path"
	case $STATUS in 400 | 403 | 404) ;; *) fail "$FRONT: the log $path: $STATUS" ;; esac
	body_lacks secret
done

# --- repositories, which the web server serves ----------------------------------------------------
REPO=/rida/repos/foo-master-1-00000000
# published FILE TYPE: is served as that type, harmless in a browser, also to HEAD.
published() {
	get "$REPO/$1"
	cmp -s "$T/body" "$T/repos/${REPO##*/}/$1" || fail "$FRONT: $1 is not as it was written"
	header "Content-Type: $2.*"
	header 'X-Content-Type-Options: nosniff'
	header "Content-Security-Policy: default-src 'none'; sandbox"
	ask HEAD "$REPO/$1"
	want 200 "HEAD $1"
}
if [ "$FRONT" != cgi ]; then
	mkdir -p "$T/repos/${REPO##*/}/repodata" "$T/repos/${REPO##*/}/logs/foo"
	echo '<repomd/>' >"$T/repos/${REPO##*/}/repodata/repomd.xml"
	echo '<script>alert(1)</script>' >"$T/repos/${REPO##*/}/logs/foo/build.log"
	printf '\355\253\356\333' >"$T/repos/${REPO##*/}/foo-1-1.noarch.rpm"
	published repodata/repomd.xml text/xml
	published logs/foo/build.log text/plain
	published foo-1-1.noarch.rpm application/x-rpm
	get "$REPO/"
	body_has foo-1-1.noarch.rpm
	ask GET "$REPO/none.rpm"
	want 404 'a file that is not published'
	for path in "$REPO/../../state/secret" "$REPO/..%2f..%2fstate/secret" "$REPO/%2e%2e/%2e%2e/state/secret"; do
		ask GET "$path"
		case $STATUS in 400 | 403 | 404) ;; *) fail "$FRONT: $path: $STATUS" ;; esac
		body_lacks secret
	done
fi

# --- submissions ----------------------------------------------------------------------------------
# module FILE: commits it as the document of the module "foo"; prints the commit.
module() {
	mkdir -p "$T/foo"
	cp "$1" "$T/foo/foo.yaml"
	make_repo "$T/git/modules/foo.git" "$T/foo"
}
write_module() {
	cat >"$T/foo.yaml" <<-END
		document: modulemd
		version: 2
		data:
		  summary: A module
		  description: $1
		  license:
		    module: [MIT]
		  components:
		    rpms:
		      $2:
		        rationale: $1
	END
}
submit() {
	body=$1
	shift
	ask POST "$BUILDS" -H 'Content-Type: application/json' -d "$body" "$@"
}
scmurl() {
	printf '{"scmurl": "%s"}' "$1"
}
mkdir -p "$T/git/rpms" "$T/pkg"
printf 'Name: pkg\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\n%%description\nx\n' >"$T/pkg/pkg.spec"
make_repo "$T/git/rpms/pkg.git" "$T/pkg" >/dev/null
write_module one pkg
COMMIT=$(module "$T/foo.yaml")
FOO=$GIT_URL/modules/foo.git

submit "$(scmurl "$FOO/foo.yaml?#$COMMIT")" -u alice -H 'Idempotency-Key: first'
want 201 'a submission'
ID=$(jq -r .id "$T/body")
body_is ". == {\"id\": $ID}"
header "Location: .*/rida/module-builds/$ID"
[ "$(sql "SELECT owner FROM builds WHERE id = $ID")" = alice ] || fail "the owner is not the caller"
submit "$(scmurl "$FOO/foo.yaml?#$COMMIT")" -u alice -H 'Idempotency-Key: first'
want 201 'the same key and body'
body_is ". == {\"id\": $ID}"
submit "$(scmurl "$FOO?#$COMMIT")" -u alice -H 'Idempotency-Key: first'
problem 422 'Unprocessable Entity' 'Key' 'the same key with another body'
submit "$(scmurl "$FOO?#$COMMIT")" -u alice
problem 409 Conflict "build $ID" 'already tracked'
submit "$(scmurl "$FOO?#$COMMIT")" -u bob -H 'Idempotency-Key: first'
problem 409 Conflict "build $ID" 'the same key of somebody else'
for key in "$(head -c 129 /dev/zero | tr '\0' k)" "$(printf 'a\303\244b')"; do
	submit "$(scmurl "$FOO?#$COMMIT")" -u alice -H "Idempotency-Key: $key"
	problem 400 'Bad Request' '^Idempotency-Key: ' "the key $key"
done
rows "UPDATE builds SET state = 4, gen = gen + 1, event_seq = event_seq + 1 WHERE id = $ID"
submit "$(scmurl "$FOO?#$COMMIT")" -u bob
want 201 'a module that failed before'
body_is ".id == $ID"
[ "$(sql "SELECT kind, caller FROM requests WHERE build_id = $ID AND done_at IS NULL")" = "3	bob" ] || fail "no resume was requested"

submit "$(scmurl "$FOO?#$COMMIT")"
problem 401 Unauthorized '^say who you are: ' 'a submission of nobody'
header 'WWW-Authenticate: Basic .*'
ask PROPFIND "$BUILDS"
problem 501 'Not Implemented' 'GET, HEAD, POST, OPTIONS' 'a method of WebDAV'
for body in '' '{' '[]' '{"scmurl": 42}' '{}' "$(scmurl "$FOO?#abc1234")" "$(scmurl 'not a url')" '{"scmurl": "x", "scmurl": "y"}'; do
	submit "$body" -u alice
	problem 400 'Bad Request' . "the body $body"
done
submit "{\"scmurl\": \"$(head -c 70000 /dev/zero | tr '\0' x)\"}" -u alice
problem 400 'Bad Request' '65536' 'a body over the cap'
ask POST "$BUILDS" -u alice -H 'Content-Type: text/plain' -d "$(scmurl "$FOO?#$COMMIT")"
problem 400 'Bad Request' 'application/json' 'another type'
submit "$(scmurl "$FOO?#$COMMIT")" -u alice -H 'Origin: https://evil.example'
problem 403 Forbidden . "somebody else's page"
submit "$(scmurl "https://elsewhere.example/foo.git?#$COMMIT")" -u alice
problem 403 Forbidden . 'a server that is not allowed'

write_module two nowhere
COMMIT=$(module "$T/foo.yaml")
submit "$(scmurl "$FOO?#$COMMIT")" -u alice
problem 422 'Unprocessable Entity' 'nowhere' 'a component that is not there'
body_is '.id > 42'
FAILED=$(jq -r .id "$T/body")
get "$BUILDS$FAILED"
body_is '.state == "failed"'
echo 'document: modulemd' >"$T/foo.yaml"
COMMIT=$(module "$T/foo.yaml")
submit "$(scmurl "$FOO?#$COMMIT")" -u alice
problem 422 'Unprocessable Entity' . 'a document that is not valid'

# --- changes --------------------------------------------------------------------------------------
change() {
	ask PATCH "$BUILDS$1" -H 'Content-Type: application/json' -d "$2" -u "$3"
}
open_requests() {
	sql "SELECT kind, caller FROM requests WHERE build_id = $1 AND done_at IS NULL"
}
change 42 '{"state": "failed"}' bob
problem 403 Forbidden alice 'cancelling a build of another'
change 42 '{"state": "failed"}' alice
want 202 'cancelling'
body_is '.id == 42 and .state == "build" and (.tasks | length == 3)'
change 42 '{"state": "failed"}' alice
want 202 'cancelling again'
[ "$(open_requests 42)" = "1	alice" ] || fail "cancelling twice left $(open_requests 42)"
ask GET "${BUILDS}42" -H "$BROWSER"
body_has 'cancellation was asked for'
for id in 1 6; do
	change "$id" '{"state": "failed"}' admin
	want 202 "cancelling build $id by an administrator"
done
change 41 '{"state": "failed"}' alice
problem 409 Conflict 'done' 'cancelling a build that is done'
change 4 '{"state": "failed"}' bob
problem 409 Conflict 'failed' 'cancelling a build that failed'
change 41 '{"state": "ready"}' alice
problem 403 Forbidden gate_users 'opening the gate without the right'
change 41 '{"state": "ready"}' gate
want 202 'opening the gate'
[ "$(open_requests 41)" = "2	gate" ] || fail "the gate left $(open_requests 41)"
change 42 '{"state": "ready"}' gate
problem 409 Conflict build 'opening the gate of a build that is not done'
for body in '{"state": "done"}' '{}' '{"state": 4}' 'x'; do
	change 42 "$body" alice
	problem 400 'Bad Request' . "changing by $body"
done
change 4711 '{"state": "failed"}' alice
problem 404 'Not Found' 4711 'changing what is not there'

# --- who may, maintenance, our fault ---------------------------------------------------------------
"$top_builddir/scheduler/rida-admin" maintenance on
submit "$(scmurl "$FOO?#$COMMIT")" -u alice
problem 503 'Service Unavailable' maintenance 'a submission in maintenance'
header 'Retry-After: [0-9]+'
change 42 '{"state": "failed"}' alice
problem 503 'Service Unavailable' maintenance 'a change in maintenance'
get "${BUILDS}42"
"$top_builddir/scheduler/rida-admin" maintenance off

rows 'RENAME TABLE counters TO counters_away'
ask GET "$BUILDS"
problem 500 'Internal Server Error' 'incident: [0-9a-f]{12}$' 'our fault'
INCIDENT=$(jq -r .message "$T/body" | sed 's/.* //')
for word in counters SELECT table rida. MariaDB; do
	body_lacks "$word"
done
cat "$T"/log/fcgi-read "$T/log.cgi" 2>/dev/null | grep "incident=$INCIDENT" | grep -q counters || fail "incident $INCIDENT is not in the log"
ask GET "$BUILDS" -H "$BROWSER"
want 500 'our fault, as a page'
header 'Content-Type: text/html.*'
rows 'RENAME TABLE counters_away TO counters'

settings 'submit_by: nobody'
[ "$FRONT" = cgi ] || kill -HUP "$READ_PID" "$SUBMIT_PID"
refused() {
	submit '{}' -u alice
	[ "$STATUS" = 401 ]
}
wait_for 10 refused || fail "$FRONT: HUP did not bring the new configuration: $STATUS"
problem 401 Unauthorized 'submit_by' 'nobody may submit'
[ "$(cat "$T"/log/fcgi-* "$T/log.cgi" 2>/dev/null | grep -c worker-died)" = 0 ] || fail "workers died: $(cat "$T"/log/fcgi-*)"
