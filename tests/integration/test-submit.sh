#!/bin/sh
# SPDX-License-Identifier: MIT
# Submissions end to end: git daemon, lookaside cache and database are real, the web is left out.
. "$top_srcdir/tests/lib/env.sh"
need python3 git jq rpmspec bwrap
probe=$top_builddir/tests/integration/submit_probe
fixtures=$top_srcdir/tests/fixtures/modules
repos=$T/git

# is EXPECTED GOT WHAT
is() {
	[ "$1" = "$2" ] || fail "$3: \"$1\" is wanted, not \"$2\""
}

# submit_module URL [OWNER [KEY DIGEST]]: the answer goes to $T/answer, its first line to $first.
submit_module() {
	url=$1
	owner=${2:-alice}
	"$probe" "$T/rida.yaml" "$RIDA_TEST_SOCKET" "$url" "$owner" ${3:+"$3" "$4"} >"$T/answer" 2>"$T/problem" || :
	[ -s "$T/answer" ] || fail "no answer to $url: $(cat "$T/problem")"
	! grep -q Sanitizer "$T/problem" || fail "$(cat "$T/problem")"
	first=$(head -1 "$T/answer")
}

# answers WORDS URL [...]: the first line of the answer begins with the words.
answers() {
	wanted=$1
	shift
	submit_module "$@"
	case $first in
	"$wanted"*) ;;
	*) fail "$*: \"$wanted\" is wanted, not: $(cat "$T/answer")" ;;
	esac
}

# commit_module NAME: another commit of the module, with a time of its own; prints it.
commit_module() {
	seconds=$(($(cat "$T/seconds" 2>/dev/null || echo 1600000000) + 60))
	echo $seconds >"$T/seconds"
	echo "# $seconds" >>"$T/files/$1/$1.yaml"
	GIT_COMMITTER_DATE="$seconds +0000" make_repo "$repos/modules/$1.git" "$T/files/$1"
}

# one_file_module NAME TEXT: a module of a document alone.
one_file_module() {
	write_tiny_document "files/$1" "$1" "$2"
}

prepare() {
	mkdir -p "$T/files/good" "$T/files/bad" "$repos/modules" "$repos/rpms" "$T/lookaside/beta"
	cp "$fixtures/good/good.yaml" "$T/files/good/"
	cp "$fixtures/bad/bad.yaml" "$T/files/bad/"
	cp "$fixtures/good/beta-2.0.txt" "$T/lookaside/beta/"
	cp -R "$fixtures/bad/rpms" "$T/rpms"
	cp -R "$fixtures/good/rpms/." "$T/rpms/"
	ln -s real "$T/rpms/link-spec/link-spec.spec"
	for folder in "$T/rpms"/*; do
		make_repo "$repos/rpms/${folder##*/}.git" "$folder" >/dev/null
	done
	test_git --git-dir="$repos/rpms/beta.git" branch stable
	start_git_daemon "$repos"
	LOOKASIDE_PORT=$(free_port)
	launch lookaside python3 -m http.server --bind 127.0.0.1 --directory "$T/lookaside" "$LOOKASIDE_PORT"
	SLOW_PORT=$(free_port)
	launch slow python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
taken = []
while True:
    taken.append(server.accept())' "$SLOW_PORT"
	SLOW_PID=$LAUNCHED
	COUNTING_PORT=$(free_port)
	launch counting python3 -c '
import socket, sys, threading, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
lock = threading.Lock()
now = most = 0
def hold(client):
    global now, most
    with lock:
        now += 1
        most = max(most, now)
        open(sys.argv[2], "w").write(str(most))
    client.recv(1)
    time.sleep(0.3)
    with lock:
        now -= 1
    client.close()
while True:
    threading.Thread(target=hold, args=(server.accept()[0],)).start()' "$COUNTING_PORT" "$T/most"
	for port in "$LOOKASIDE_PORT" "$SLOW_PORT" "$COUNTING_PORT"; do
		wait_for 10 eval "! port_is_free $port" || fail "a server did not start"
	done
	start_mariadb
	configure local
	migrate_db
}

# configure BUILDER [LINE...]
configure() {
	builder=$1
	shift
	write_config "builder: $builder" "scm_allow: [\"$GIT_URL/\", \"git://127.0.0.1:$SLOW_PORT/\", \"git://127.0.0.1:$COUNTING_PORT/\"]" \
		"rpms_repository: $GIT_URL/rpms/{name}.git" \
		"lookaside_url: http://127.0.0.1:$LOOKASIDE_PORT/{name}/{filename}" "$@"
}

a_good_module_is_recorded() {
	good=$(commit_module good)
	answers "created 1" "$GIT_URL/modules/good.git?#$good"
	is "0 1 good master 20200913122740 00000000 alice $good local 1" \
		"$(sql 'SELECT state, verification, name, stream, version, context, owner, `commit`, builder, event_seq FROM builds' | tr '\t' ' ')" build
	is "module-build-macros 1 alpha 2 beta 3" \
		"$(sql 'SELECT name, batch FROM components ORDER BY batch' | tr '\t\n' '  ' | sed 's/ $//')" batches
	is "stable $(test_git --git-dir="$repos/rpms/beta.git" rev-parse stable) $GIT_URL/rpms/beta.git 10" \
		"$(sql "SELECT ref, \`commit\`, repository, build_order FROM components WHERE name = 'beta'" | tr '\t' ' ')" beta
	is 1 "$(sql 'SELECT COUNT(*) FROM trace WHERE build_id = 1')" trace
	is 1 "$(sql 'SELECT COUNT(*) FROM outbox WHERE build_id = 1')" outbox
	is 1 "$(sql 'SELECT COUNT(*) FROM claims WHERE build_id = 1 AND due_at <= NOW(6)')" claims
	sql 'SELECT text FROM modulemds WHERE build_id = 1 AND kind = 0' >"$T/stored"
	grep -q "$good" "$T/stored" || fail "the stored document lacks its commit"
	grep -q "$(test_git --git-dir="$repos/rpms/alpha.git" rev-parse HEAD)" "$T/stored" ||
		fail "the stored document lacks a component's commit"
	is 1 "$(sql 'SELECT COUNT(*) FROM modulemds WHERE build_id = 1 AND kind = 1')" source
}

what_is_tracked_is_a_conflict() {
	answers "conflict: good:master:20200913122740:00000000 is already tracked as build 1" "$GIT_URL/modules/good.git?#$good"
	answers "conflict: " "$GIT_URL/modules/good.git/good.yaml?#master" bob
	is 1 "$(sql 'SELECT COUNT(*) FROM builds')" builds
}

# reason COMPONENT WORDS: the answer has a line with both.
reason() {
	grep -q "^component $1: .*$2" "$T/answer" || fail "no reason \"$2\" for $1 in: $(cat "$T/answer")"
}

all_failures_are_reported_together() {
	bad=$(commit_module bad)
	answers "rejected 2" "$GIT_URL/modules/bad.git?#$bad"
	reason no-repository "."
	reason no-branch gone
	reason no-commit 0123456789012345678901234567890123456789
	reason no-spec "there is no spec file.*(looked for no-spec.spec)"
	reason link-spec "link-spec.spec"
	reason other-name another-name
	reason no-source not-here.tar.gz
	reason no-source not-here.patch
	reason no-cached gone.tar.gz
	reason bad-sources "line 1"
	reason no-parse "does not parse"
	reason own-repository "custom repositories are not allowed"
	reason own-cache "come from the lookaside cache of this deployment"
	! grep -q "^component fine:" "$T/answer" || fail "fine is not fine: $(cat "$T/answer")"
	is 14 "$(wc -l <"$T/answer")" "lines of the answer"
	is "4 2 1 2" "$(sql 'SELECT state, verification, failure_type, event_seq FROM builds WHERE id = 2' | tr '\t' ' ')" build
	is "0 4" "$(sql 'SELECT to_state FROM trace WHERE build_id = 2 ORDER BY seq' | tr '\n' ' ' | sed 's/ $//')" trace
	is 2 "$(sql 'SELECT COUNT(*) FROM outbox WHERE build_id = 2')" outbox
	is 1 "$(sql "SELECT COUNT(*) FROM builds WHERE id = 2 AND state_reason LIKE '%gone.tar.gz%no-source%'")" reason
}

what_failed_is_resumed_once() {
	answers "resumed 2" "$GIT_URL/modules/bad.git?#$bad" bob
	answers "resumed 2" "$GIT_URL/modules/bad.git?#master"
	is "1 bob" "$(sql 'SELECT COUNT(*), MAX(caller) FROM requests WHERE build_id = 2 AND kind = 3' | tr '\t' ' ')" requests
	is "4 2" "$(sql 'SELECT state, event_seq FROM builds WHERE id = 2' | tr '\t' ' ')" "the web changes no build"
}

# break_commits MODE: a way to the database, $T/broken.sock, whose first COMMIT does (after) or does not (before) reach
# it, and is not answered.
break_commits() {
	rm -f "$T/broken.sock"
	launch breaking python3 -c '
import os, socket, sys, threading
path, target, mode = sys.argv[1:]
broken = False
def end(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
def pump(source, sink, sends, muted):
    global broken
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        if sends and not broken and data[5:] == b"COMMIT":
            broken = True
            muted.set()
            if mode == "before":
                data = b""
        if not data or muted.is_set() and not sends:
            return end(source, sink)
        try:
            sink.sendall(data)
        except OSError:
            return end(source, sink)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chmod(path, 0o666)
server.listen()
while True:
    client = server.accept()[0]
    far = socket.socket(socket.AF_UNIX)
    far.connect(target)
    muted = threading.Event()
    threading.Thread(target=pump, args=(client, far, True, muted), daemon=True).start()
    threading.Thread(target=pump, args=(far, client, False, muted), daemon=True).start()' "$T/broken.sock" "$RIDA_TEST_SOCKET" "$1"
	wait_for 10 test -S "$T/broken.sock" || fail "the broken way did not start"
}

# answers_broken MODE WORDS URL...: as answers, with a commit that breaks.
answers_broken() {
	break_commits "$1"
	shift
	socket=$RIDA_TEST_SOCKET
	RIDA_TEST_SOCKET=$T/broken.sock
	answers "$@"
	RIDA_TEST_SOCKET=$socket
	stop "$LAUNCHED"
}

a_commit_without_an_answer_is_looked_up() {
	key=3333333333333333333333333333333333333333333333333333333333333333
	commit=$(commit_module good)
	answers_broken after "created " "$GIT_URL/modules/good.git?#$commit"
	is "created $(sql 'SELECT MAX(id) FROM builds')" "$first" answer
	commit=$(commit_module good)
	answers_broken before "unavailable: the database went away and has no record of this" "$GIT_URL/modules/good.git?#$commit"
	answers_broken after "created " "$GIT_URL/modules/good.git?#$commit" alice key-3 $key
	answers "$first" "$GIT_URL/modules/good.git?#$commit" alice key-3 $key
	commit=$(commit_module bad)
	answers_broken after "rejected " "$GIT_URL/modules/bad.git?#$commit"
	reason no-spec "there is no spec file"
	id=${first#rejected }
	for mode in before after; do
		answers_broken $mode "resumed $id" "$GIT_URL/modules/bad.git?#$commit"
		is 1 "$(sql "SELECT COUNT(*) FROM requests WHERE build_id = $id")" "requests to resume"
	done
}

of_two_resumes_with_one_key_both_are_answered() {
	key=4444444444444444444444444444444444444444444444444444444444444444
	for i in 1 2 3 4; do
		"$probe" "$T/rida.yaml" "$RIDA_TEST_SOCKET" "$GIT_URL/modules/bad.git?#$commit" alice key-4 $key >"$T/race.$i" 2>&1 &
		eval "racer$i=\$!"
	done
	wait "$racer1" "$racer2" "$racer3" "$racer4" || :
	is 4 "$(cat "$T"/race.? | grep -c "^resumed $id\$")" "resumed of four: $(cat "$T"/race.?)"
}

other_builders_are_warned_only() {
	configure memory
	one_file_module warned '  components: {rpms: {no-parse: {rationale: r}}}'
	answers "created " "$GIT_URL/modules/warned.git?#$(commit_module warned)"
	is "no-parse" "$(sql "SELECT component FROM warnings WHERE text LIKE '%does not parse%'")" warning
	configure local
}

own_repositories_are_taken_where_allowed() {
	configure local "rpms_allow_repository: true"
	one_file_module own "  components: {rpms: {fine: {rationale: r, repository: '$GIT_URL/rpms/fine'}}}"
	test_git clone -q --bare "$repos/rpms/fine.git" "$repos/rpms/fine"
	answers "created " "$GIT_URL/modules/own.git?#$(commit_module own)"
	one_file_module stray "  components: {rpms: {fine: {rationale: r, repository: 'git://127.0.0.1:1/rpms/fine'}}}"
	answers "rejected " "$GIT_URL/modules/stray.git?#$(commit_module stray)"
	reason fine "not allowed here"
	configure local
}

# Resuming is no way around what was refused: the scheduler checks the same.
what_was_not_permitted_is_refused_again() {
	configure memory "memory_builder_file: $T/memory.jsonl"
	one_file_module bypass "  components: {rpms: {fine: {rationale: r, repository: '$GIT_URL/rpms/fine'}}}"
	commit=$(commit_module bypass)
	answers "rejected " "$GIT_URL/modules/bypass.git?#$commit"
	reason fine "custom repositories are not allowed"
	answers "resumed " "$GIT_URL/modules/bypass.git?#$commit"
	id=$(sql "SELECT id FROM builds WHERE name = 'bypass'")
	sql 'UPDATE claims SET due_at = NULL'
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler --build "$id" || fail "the scheduler ended with $?"
	is "4 2" "$(sql "SELECT state, verification FROM builds WHERE id = $id" | tr '\t' ' ')" "what was resumed"
	is 4 "$(sql "SELECT COUNT(*) FROM trace WHERE build_id = $id")" "its events"
	sql "SELECT state_reason FROM builds WHERE id = $id" | grep -q 'custom repositories are not allowed' ||
		fail "the reason: $(sql "SELECT state_reason FROM builds WHERE id = $id")"
	configure local
}

a_slow_server_leaves_the_check_open() {
	configure memory "submit_deadline: 2" "rpms_allow_repository: true"
	one_file_module slow "  components: {rpms: {alpha: {rationale: r}, late: {rationale: r, repository: 'git://127.0.0.1:$SLOW_PORT/late'}}}"
	commit=$(commit_module slow)
	before=$(date +%s)
	answers "created " "$GIT_URL/modules/slow.git?#$commit"
	[ $(($(date +%s) - before)) -le 8 ] || fail "a slow server held the submission for too long"
	is "0 0 1" "$(sql "SELECT state, verification, event_seq FROM builds WHERE name = 'slow'" | tr '\t' ' ')" build
	is 40 "$(sql "SELECT LENGTH(c.\`commit\`) FROM components c JOIN builds b ON b.id = build_id WHERE b.name = 'slow' AND c.name = 'alpha'")" alpha
	one_file_module slowbad "  components: {rpms: {no-spec: {rationale: r}, late: {rationale: r, repository: 'git://127.0.0.1:$SLOW_PORT/late'}}}"
	answers "rejected " "$GIT_URL/modules/slowbad.git?#$(commit_module slowbad)"
	configure local
}

# has_row SQL: the statement finds one.
has_row() {
	[ -n "$(sql "$1")" ]
}

a_hanging_server_holds_up_no_other_build() {
	configure memory "git_timeout: 5" "rpms_allow_repository: true" "memory_builder_file: $T/memory.jsonl" \
		"due_init: 0" "due_local: 0"
	sql 'UPDATE claims SET due_at = NULL'
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = (SELECT id FROM builds WHERE name = 'slow')"
	run_scheduler &
	pass=$!
	wait_for 3 has_row "SELECT 1 FROM claims WHERE lease_until IS NOT NULL" || fail "the slow build was not claimed"
	id=$("$top_builddir/tests/integration/scheduler_tool" 1 quick bash)
	wait_for 3 has_row "SELECT 1 FROM builds WHERE id = $id AND state = 5" ||
		fail "the build is held up: $(sql "SELECT state, state_reason FROM builds WHERE id = $id")"
	has_row "SELECT 1 FROM builds JOIN claims ON build_id = id WHERE name = 'slow' AND lease_until > UTC_TIMESTAMP(6)" ||
		fail "the check was over too soon to hold up anything"
	wait "$pass" || fail "the pass ended with $?"
	has_row "SELECT 1 FROM builds JOIN claims ON build_id = id WHERE name = 'slow' AND lease_until IS NULL AND last_error <> ''" ||
		fail "the slow build has no error"
	configure local
}

the_scheduler_finishes_the_check() {
	stop "$SLOW_PID"
	mkdir -p "$T/slow" "$T/rpms/late"
	sed 's/^Name: .*/Name: late/' "$T/rpms/fine/fine.spec" >"$T/rpms/late/late.spec"
	late=$(make_repo "$T/slow/late" "$T/rpms/late")
	git_url=$GIT_URL
	GIT_PORT=$SLOW_PORT
	start_git_daemon "$T/slow"
	GIT_URL=$git_url
	configure memory "rpms_allow_repository: true" "memory_builder_file: $T/memory.jsonl"
	id=$(sql "SELECT id FROM builds WHERE name = 'slow'")
	sql 'UPDATE claims SET due_at = NULL'
	sql "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE build_id = $id"
	run_scheduler --build "$id" || fail "the scheduler ended with $?"
	is "1 $late" "$(sql "SELECT verification, c.\`commit\` FROM builds b JOIN components c ON c.build_id = b.id AND c.name = 'late' WHERE b.id = $id" | tr '\t' ' ')" \
		"the check ($(sql "SELECT state_reason FROM builds WHERE id = $id"))"
	sql "SELECT text FROM modulemds WHERE build_id = $id AND kind = 0" | grep -q "$late" ||
		fail "the stored document lacks the commit that was found late"
	[ "$(sql "SELECT state FROM builds WHERE id = $id")" -ge 1 ] || fail "the build is still in init"
	configure local
}

# many_components COUNT: lines of that many components at the counting server.
many_components() {
	echo "  components:"
	echo "    rpms:"
	for i in $(seq "$1"); do
		echo "      c$i: {rationale: r, repository: 'git://127.0.0.1:$COUNTING_PORT/c$i'}"
	done
}

a_server_is_asked_eight_things_at_once() {
	configure local "rpms_allow_repository: true"
	one_file_module many "$(many_components 40)"
	answers "rejected " "$GIT_URL/modules/many.git?#$(commit_module many)"
	is 41 "$(wc -l <"$T/answer")" "lines of the answer"
	is 8 "$(cat "$T/most")" "connections at once"
	configure local
}

a_server_that_is_away_is_named() {
	configure local "lookaside_url: http://127.0.0.1:1/{name}/{filename}"
	answers "rejected " "$GIT_URL/modules/good.git?#$(commit_module good)"
	reason beta beta-2.0.txt
	is 2 "$(sql 'SELECT failure_type FROM builds ORDER BY id DESC LIMIT 1')" "failure type"
	configure local
}

a_key_gives_the_same_answer_again() {
	one=1111111111111111111111111111111111111111111111111111111111111111
	two=2222222222222222222222222222222222222222222222222222222222222222
	commit=$(commit_module good)
	answers "created " "$GIT_URL/modules/good.git?#$commit" alice key-1 $one
	created=$first
	answers "$created" "$GIT_URL/modules/good.git?#$commit" alice key-1 $one
	answers "unacceptable: this Idempotency-Key" "$GIT_URL/modules/good.git?#$commit" alice key-1 $two
	answers "conflict: " "$GIT_URL/modules/good.git?#$commit" bob key-1 $one
	commit=$(commit_module bad)
	answers "rejected " "$GIT_URL/modules/bad.git?#$commit" alice key-2 $two
	cp "$T/answer" "$T/rejected"
	answers "rejected " "$GIT_URL/modules/bad.git?#$commit" alice key-2 $two
	cmp -s "$T/answer" "$T/rejected" || fail "a repeated rejection differs"
}

a_key_used_at_once_gives_one_build() {
	one=3333333333333333333333333333333333333333333333333333333333333333
	commit=$(commit_module good)
	racers=
	for i in 1 2 3 4; do
		"$probe" "$T/rida.yaml" "$RIDA_TEST_SOCKET" "$GIT_URL/modules/good.git?#$commit" alice at-once $one >"$T/race.$i" 2>&1 &
		racers="$racers $!"
	done
	wait $racers || :
	cat "$T"/race.? >"$T/race"
	is 4 "$(grep -c '^created ' "$T/race")" "answers of four: $(cat "$T/race")"
	is 1 "$(grep '^created ' "$T/race" | sort -u | wc -l)" "builds of one key: $(cat "$T/race")"
}

of_two_at_once_one_is_recorded() {
	commit=$(commit_module good)
	for i in 1 2 3 4; do
		"$probe" "$T/rida.yaml" "$RIDA_TEST_SOCKET" "$GIT_URL/modules/good.git?#$commit" alice >"$T/race.$i" 2>&1 &
		eval "racer$i=\$!"
	done
	wait "$racer1" "$racer2" "$racer3" "$racer4" || :
	cat "$T"/race.? >"$T/race"
	is 1 "$(grep -c '^created ' "$T/race")" "created of four: $(cat "$T/race")"
	is 3 "$(grep -c '^conflict: .*is already tracked' "$T/race")" "conflicts of four: $(cat "$T/race")"
}

what_is_wrong_from_the_start_is_not_recorded() {
	count=$(sql 'SELECT COUNT(*) FROM builds')
	one_file_module broken '  surprise: 1'
	one_file_module named '  name: another'
	mkdir -p "$T/files/empty"
	echo hello >"$T/files/empty/README"
	make_repo "$repos/modules/empty.git" "$T/files/empty" >/dev/null
	for name in broken named; do
		commit_module $name >/dev/null
	done
	answers "unacceptable: " "$GIT_URL/modules/broken.git?#master"
	answers "unacceptable: the modulemd's name" "$GIT_URL/modules/named.git?#master"
	answers "unacceptable: there is no modulemd empty.yaml" "$GIT_URL/modules/empty.git?#master"
	answers "unacceptable: " "$GIT_URL/modules/nothing.git?#master"
	answers "unacceptable: " "$GIT_URL/modules/good.git?#0123456789012345678901234567890123456789"
	answers "forbidden: " "git://127.0.0.1:1/modules/good.git?#master"
	answers "malformed: " "good.git"
	answers "malformed: " "$GIT_URL/modules/good.git?#0123456"
	is "$count" "$(sql 'SELECT COUNT(*) FROM builds')" "builds"
}

a_branch_names_the_stream() {
	one_file_module branched ''
	commit_module branched >/dev/null
	test_git --git-dir="$repos/modules/branched.git" branch f28
	answers "created " "$GIT_URL/modules/branched.git?#f28"
	is "f28 f28" "$(sql "SELECT stream, branch FROM builds WHERE name = 'branched'" | tr '\t' ' ')" stream
	one_file_module streamed "  stream: '1.0'"
	commit_module streamed >/dev/null
	answers "created " "$GIT_URL/modules/streamed.git?#master"
	is "1.0 master" "$(sql "SELECT stream, branch FROM builds WHERE name = 'streamed'" | tr '\t' ' ')" "the document's stream"
	is 0 "$(sql "SELECT COUNT(*) FROM components c JOIN builds b ON b.id = build_id WHERE b.name = 'branched'")" "components"
}

# post URL: by rida.fcgi as a CGI program; status, headers and body go to $T/reply.
post() {
	printf '{"scmurl": "%s"}' "$1" >"$T/body"
	env -i PATH="$PATH" RIDA_CONFIG="$T/rida.yaml" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST SERVER_PROTOCOL=HTTP/1.1 \
		SCRIPT_NAME= PATH_INFO=/rida/module-builds/ REQUEST_URI=/rida/module-builds/ QUERY_STRING= \
		CONTENT_TYPE=application/json CONTENT_LENGTH="$(wc -c <"$T/body")" REMOTE_ADDR=127.0.0.1 \
		"$top_builddir/cgi/rida.fcgi" <"$T/body" >"$T/reply" 2>"$T/problem" ||
		fail "rida.fcgi: $(cat "$T/problem")"
	tr -d '\r' <"$T/reply" >"$T/reply.txt"
}

the_web_answers_in_the_same_words() {
	configure local "submit_by: anyone"
	post "$GIT_URL/modules/bad.git?#$(commit_module bad)"
	grep -q '^Status: 422' "$T/reply.txt" || fail "no 422: $(cat "$T/reply.txt" "$T/problem")"
	id=$(sql 'SELECT MAX(id) FROM builds')
	sed '1,/^$/d' "$T/reply.txt" >"$T/reply.json"
	is "422 $id" "$(jq -r '"\(.status) \(.id)"' "$T/reply.json")" "the rejection"
	is 13 "$(jq -r .message "$T/reply.json" | grep -c '^component ')" "reasons"
	commit=$(commit_module good)
	post "$GIT_URL/modules/good.git?#$commit"
	grep -q '^Status: 201' "$T/reply.txt" || fail "no 201: $(cat "$T/reply.txt" "$T/problem")"
	grep -q "^Location: .*/rida/module-builds/$((id + 1))\$" "$T/reply.txt" || fail "no Location: $(cat "$T/reply.txt")"
	post "$GIT_URL/modules/good.git?#$commit"
	grep -q '^Status: 409' "$T/reply.txt" || fail "no 409: $(cat "$T/reply.txt")"
}

prepare
for check in a_good_module_is_recorded what_is_tracked_is_a_conflict all_failures_are_reported_together \
	what_failed_is_resumed_once other_builders_are_warned_only own_repositories_are_taken_where_allowed \
	what_was_not_permitted_is_refused_again a_key_used_at_once_gives_one_build a_commit_without_an_answer_is_looked_up of_two_resumes_with_one_key_both_are_answered \
	a_slow_server_leaves_the_check_open a_hanging_server_holds_up_no_other_build the_scheduler_finishes_the_check a_server_is_asked_eight_things_at_once \
	a_server_that_is_away_is_named a_key_gives_the_same_answer_again \
	of_two_at_once_one_is_recorded what_is_wrong_from_the_start_is_not_recorded a_branch_names_the_stream \
	the_web_answers_in_the_same_words; do
	note "$check"
	$check
done
[ -z "$(find "$T/cache" -mindepth 1 -name 'scm*' -o -mindepth 1 -name '*git*')" ] || fail "folders of fetches were left behind"
