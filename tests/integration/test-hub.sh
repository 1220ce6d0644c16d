#!/bin/sh
# SPDX-License-Identifier: MIT
# The stand-in hub beyond single exchanges: calls that are held, trouble on order, builders, TLS, old hubs.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/certificates.sh"
need openssl

checks() {
	python3 "$top_srcdir/tests/integration/hub_checks.py" "${HUB_URL%/kojihub}" "$@" || fail "$*"
}

what_calls_do_holds() {
	start_hub
	checks a_logout_waits_for_the_call_of_that_session a_call_that_comes_after_the_logout_is_refused \
		an_answer_that_is_lost_is_told_by_its_number a_multicall_moves_the_number_and_a_read_does_not \
		it_is_noted_who_was_to_change_what trouble_is_as_ordered a_session_expires_in_the_middle a_session_of_yesterday_is_renewed
}

builders_work() {
	checks builds_go_as_their_words_say a_build_waits_for_a_repository_and_sees_what_is_in_it \
		the_macros_give_the_release ten_thousand_running_tasks_are_read_fast
	hub_control '{"do": "call", "method": "createTag", "params": ["kept"]}' >"$T/answer"
	hub_goes
	hub_comes
	hub_control '{"do": "call", "method": "getTag", "params": ["kept"]}' | grep -q kept || fail "the hub forgot"
	stop "$HUB_PID"
}

old_hubs_are_old() {
	start_hub --old --no-callnum
	checks a_hub_of_before_knows_no_headers
	stop "$HUB_PID"
	start_hub --version 1.34.1
	checks a_hub_in_between_has_the_number_elsewhere
	stop "$HUB_PID"
}

# login CURL-OPTION...: logs in with a certificate; prints the answer.
login() {
	printf '<methodCall><methodName>sslLogin</methodName><params></params></methodCall>' |
		curl -s --cacert "$T/tls/ca.crt" -H 'Content-Type: text/xml' --data-binary @- "$@" "$HUB_URL/ssllogin"
}

a_certificate_is_asked_for_at_the_login() {
	make_ca ca
	make_certificate server ca IP:127.0.0.1
	make_certificate rida ca DNS:rida
	start_hub --cert "$T/tls/server.crt" --key "$T/tls/server.key" --ca "$T/tls/ca.crt"
	for version in 1.2 1.3; do
		login --tls-max "$version" --cert "$T/tls/rida.crt" --key "$T/tls/rida.key" >"$T/answer" ||
			fail "TLS $version: no answer"
		grep -q session-key "$T/answer" || fail "TLS $version: $(cat "$T/answer")"
	done
	! login >"$T/answer" || fail "without a certificate: $(cat "$T/answer")"
	curl -s --cacert "$T/tls/ca.crt" -X GET "$HUB_URL" | grep -q 'Only POST' || fail "no certificate is needed elsewhere"
}

run_tests what_calls_do_holds builders_work old_hubs_are_old a_certificate_is_asked_for_at_the_login
