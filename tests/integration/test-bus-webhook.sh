#!/bin/sh
# SPDX-License-Identifier: MIT
# Messages to a webhook: whole lives of builds, and a receiver that behaves in all the ways that receivers do.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
. "$top_srcdir/tests/lib/certificates.sh"
FRONT=cgi
. "$top_srcdir/tests/integration/ask.sh"
need jq openssl python3
SECRET=correct-horse-battery-staple

# start_receiver NAME [CERTIFICATE KEY]: sets RECEIVER, its folder, and RECEIVER_URL.
start_receiver() {
	RECEIVER=$T/$1
	mkdir -p "$RECEIVER"
	launch "$1" "$top_srcdir/tests/stub/receiver.py" "$RECEIVER" "$T/secret" ${2:+"$2" "$3"}
	wait_for 10 test -s "$RECEIVER/url" || fail "the receiver did not start: $(launched_log "$1")"
	RECEIVER_URL=$(cat "$RECEIVER/url")
}

# behave MODE: from now on.
behave() {
	echo "$1" >"$RECEIVER/mode"
}

# configure ['KEY: VALUE'...]: the path of the URL is a secret, too.
configure() {
	configure_scheduler 'bus: webhook' "webhook_url: $RECEIVER_URL" "webhook_secret_file: $T/secret" \
		'bus_timeout: 1' 'bus_budget: 2' "$@"
}

# heard FILTER: what the receiver wrote down, by jq.
heard() {
	[ ! -e "$RECEIVER/log" ] || jq -r "$1" "$RECEIVER/log"
}

# try_now: nobody waits for the end of a back-off.
try_now() {
	sql 'UPDATE leases SET retry_at = NULL'
	sql 'UPDATE outbox SET next_try_at = NULL'
	run_scheduler 2>>"$T/log/passes" || fail "the pass ended with $?"
}

waiting() {
	sql 'SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL'
}

# drained: all messages went out, each build's in its order.
drained() {
	for _ in $(seq 20); do
		[ "$(waiting)" != 0 ] || break
		try_now
	done
	expect 'messages that wait' "$(waiting)" 0
}

# in_order: the first arrival of each message, by build.
in_order() {
	heard 'select(.mode == "200") | "\(.body.id) \(.body.state) \(.id)"' | awk '!seen[$3]++ { states[$1] = states[$1] " " $2 }
		END { for (id in states) print states[id] }' | sort -u
}

forget() {
	sql 'DELETE FROM outbox'
	sql 'DELETE FROM deliveries'
	sql "UPDATE leases SET retry_at = NULL, failures = 0"
	rm -f "$RECEIVER/log"
	behave 200
}

each_change_is_posted_signed_and_in_order() {
	for name in one two three; do
		insert 1 "$name" bash:0 >>"$T/ids"
	done
	while read -r id; do
		reach "$id" ready
	done <"$T/ids"
	drained
	expect 'the order of each build' "$(in_order)" ' 0 1 2 3 5'
	expect 'arrivals' "$(heard .id | wc -l)" 15
	expect 'different ids' "$(heard .id | sort -u | wc -l)" 15
	expect 'signatures' "$(heard .signature | sort -u)" good
	expect 'topics' "$(heard .topic | sort -u)" org.rida.module.state.change
	expect 'deliveries' "$(sql 'SELECT COUNT(*), SUM(is_accepted), MIN(status), MAX(status) FROM deliveries' | tr '\t' ' ')" '15 15 200 200'
	none 'receivers' "SELECT receiver FROM deliveries WHERE receiver <> '${RECEIVER_URL%/}'"
}

# Whatever the receiver does, builds go on in their time, and what it did not take arrives later, in order.
a_receiver_that_does_not_take_messages_holds_up_no_build() {
	for mode in 503 401 hang; do
		forget
		behave "$mode"
		id=$(insert 1 "bad-$mode" bash:0)
		reach "$id" ready
		expect "$mode: messages that wait" "$(waiting)" 5
		[ -n "$(sql 'SELECT 1 FROM deliveries WHERE NOT is_accepted LIMIT 1')" ] || fail "$mode: no delivery was kept"
		behave 200
		drained
		expect "$mode: the order afterwards" "$(in_order)" ' 0 1 2 3 5'
		expect "$mode: signatures" "$(heard .signature | sort -u)" good
	done
}

s5_a_redirection_of_a_receiver_is_not_followed() {
	forget
	behave redirect
	id=$(insert 1 redirected bash:0)
	reach "$id" ready
	expect 'where requests went' "$(heard .mode | sort -u)" redirect
	expect 'what is kept' "$(sql "SELECT DISTINCT status, answer FROM deliveries" | tr '\t' ' ')" '307 HTTP 307, redirections are not followed'
}

p7_an_answer_without_an_end_is_not_read_to_its_end() {
	forget
	behave endless
	id=$(insert 1 endless bash:0)
	reach "$id" ready
	drained
	expect 'what is kept' "$(sql 'SELECT DISTINCT status, is_accepted, LENGTH(answer) <= 1024 FROM deliveries' | tr '\t' ' ')" '200 1 1'
}

a_message_that_is_unfit_is_dead_and_others_go_on() {
	forget
	behave 422
	id=$(insert 1 unfit bash:0)
	reach "$id" ready
	behave 200
	reach "$(insert 1 fit bash:0)" ready
	drained
	expect 'dead messages' "$(sql "SELECT COUNT(*) FROM outbox WHERE build_id = $id AND dead_at IS NOT NULL")" 5
	expect 'the other build' "$(in_order)" ' 0 1 2 3 5'
	expect 'tries of each' "$(sql "SELECT COUNT(*) FROM deliveries WHERE build_id = $id")" 5
	ids=$(heard "select(.mode == \"422\") | .id" | sort)
	rm -f "$RECEIVER/log"
	"$top_builddir/scheduler/rida-admin" redeliver "$id" || fail 'rida-admin redeliver'
	drained
	expect 'the order of what is sent again' "$(in_order)" ' 0 1 2 3 5'
	expect 'its ids' "$(heard .id | sort)" "$ids"
	expect 'dead messages afterwards' "$(sql 'SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL')" 0
}

# What a receiver answers is a stranger's text to whoever looks at it.
a11_a12_an_answer_neither_runs_nor_talks_to_the_terminal() {
	forget
	behave hostile
	id=$(insert 1 hostile bash:0)
	reach "$id" ready
	drained
	"$top_builddir/scheduler/rida-admin" deliveries "$id" >"$T/table" || fail 'rida-admin deliveries'
	grep -q '  200  .*<script>alert' "$T/table" || fail "rida-admin deliveries: $(cat "$T/table")"
	! grep -q "$(printf '\033')" "$T/table" || fail 'an escape reaches the terminal'
	expect 'its lines' "$(wc -l <"$T/table")" 6
	ask GET "/rida/module-builds/$id" -H 'Accept: text/html'
	expect status "$STATUS" 200
	grep -q '<h2 id="deliveries">' "$T/body" || fail 'the page has no deliveries'
	! grep -q '<script>alert' "$T/body" || fail 'an answer is markup'
	grep -q '&lt;script>alert\|&lt;script&gt;alert' "$T/body" || fail 'the page lacks the answer'
	"$top_builddir/scheduler/rida-admin" deliveries >"$T/table" && grep -q '<script>' "$T/table" || fail 'rida-admin deliveries without a build'
	"$top_builddir/scheduler/rida-admin" deliveries 999999 | grep -qx 'there are no deliveries' || fail 'deliveries of another build'
}

h3_a_receiver_with_another_certificate_hears_nothing() {
	make_ca authority
	make_ca stranger
	make_certificate receiver authority 'IP:127.0.0.1'
	make_certificate elsewhere authority 'DNS:elsewhere.example.org'
	plain=$RECEIVER
	start_receiver misnamed "$T/tls/elsewhere.crt" "$T/tls/elsewhere.key"
	expect_unheard "bus_ca_file: $T/tls/authority.crt"
	start_receiver secure "$T/tls/receiver.crt" "$T/tls/receiver.key"
	expect_unheard "bus_ca_file: $T/tls/stranger.crt"
	expect_unheard
	configure "bus_ca_file: $T/tls/authority.crt"
	drained
	expect 'the order over TLS' "$(in_order)" ' 0 1 2 3 5'
	RECEIVER=$plain RECEIVER_URL=$(cat "$plain/url")
}

# expect_unheard ['KEY: VALUE'...]: with this configuration nothing gets through, and it is told why.
expect_unheard() {
	configure "$@"
	forget
	serial=$((serial + 1))
	id=$(insert 1 "secure$serial" bash:0)
	reach "$id" ready
	expect 'what got through' "$(heard .id)" ''
	expect 'messages that wait' "$(waiting)" 5
	sql 'SELECT DISTINCT answer FROM deliveries' | grep -qi certificate || fail "nobody is told why: $(sql 'SELECT * FROM deliveries')"
}

s7_neither_the_secret_nor_the_path_is_told() {
	forget
	configure "webhook_url: ${RECEIVER_URL%/}/404-token-of-the-path"
	id=$(insert 1 quiet bash:0)
	reach "$id" ready
	configure 'webhook_url: http://127.0.0.1:1/token-of-the-path'
	try_now
	ask GET "/rida/module-builds/$id" -H 'Accept: text/html'
	"$top_builddir/scheduler/rida-admin" deliveries >"$T/table"
	sql 'SELECT * FROM deliveries' >"$T/rows"
	sql 'SELECT problem FROM outbox' >>"$T/rows"
	sql 'SELECT problem FROM leases' >>"$T/rows"
	! grep -rlE "token-of-the-path|$SECRET" "$T/log" "$T/table" "$T/body" "$T/rows" || fail 'a secret is told'
	configure
}

serial=0
mkdir -p "$T/log"
printf '%s\n' "$SECRET" >"$T/secret"
chmod 600 "$T/secret"
start_scheduler_db
start_receiver receiver
configure
run_tests each_change_is_posted_signed_and_in_order \
	a_receiver_that_does_not_take_messages_holds_up_no_build \
	s5_a_redirection_of_a_receiver_is_not_followed \
	p7_an_answer_without_an_end_is_not_read_to_its_end \
	a_message_that_is_unfit_is_dead_and_others_go_on \
	a11_a12_an_answer_neither_runs_nor_talks_to_the_terminal \
	h3_a_receiver_with_another_certificate_hears_nothing \
	s7_neither_the_secret_nor_the_path_is_told
