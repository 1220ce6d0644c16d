#!/bin/sh
# SPDX-License-Identifier: MIT
# Names that change their address between check and use, in a network of the test's own: there a
# name server of ours alternates between a public address, where git daemon listens, and a private
# one, where nobody may connect.
public=93.184.216.34
if [ -z "${RIDA_TEST_RESOLV:-}" ]; then
	PATH=$PATH:/usr/sbin:/sbin
	if ! command -v ip >/dev/null || ! unshare -rmn ip link set lo up 2>/dev/null; then
		[ -z "${CI:-}" ] || exit 1
		echo "no network of its own for this test" >&2
		exit 77
	fi
	RIDA_TEST_RESOLV=$(mktemp)
	export RIDA_TEST_RESOLV PATH
	echo "nameserver 127.0.0.1" >"$RIDA_TEST_RESOLV"
	# shellcheck disable=SC2016
	exec unshare -rmn sh -c 'mount --bind "$RIDA_TEST_RESOLV" /etc/resolv.conf && ip link set lo up &&
		ip address add "$1/32" dev lo && exec sh "$0"' "$0" "$public"
fi
rm -f "$RIDA_TEST_RESOLV"
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/scm.sh"

rounds=50
mkdir -p "$T/files"
echo "document: modulemd" >"$T/files/foo.yaml"
first=$(make_repo "$repos/modules/foo.git" "$T/files")
launch dns python3 "$top_srcdir/tests/integration/dns_server.py" "$public" 127.0.0.1 "$T/dns-ready"
wait_for 10 test -e "$T/dns-ready" || fail "the name server did not start: $(launched_log dns)"
start_servers
# The same port as the daemon's, on the private address: whoever comes here was led astray.
port=$(port_of canary)
launch public-daemon env GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' \
	git daemon --listen="$public" --port="$port" --base-path="$repos" --export-all "$repos"
wait_for 10 test_git ls-remote "git://$public:$port/modules/foo.git" || fail "$(launched_log public-daemon)"

# fetch HOST: from a server that must have a public address.
fetch() {
	probe --public-only -a "git://$1:$port/" "git://$1:$port/modules/foo.git?#$first" hash
}

s6_a_name_that_changes_its_address_never_leads_to_a_private_one() {
	good=0
	bad=0
	for round in $(seq "$rounds"); do
		if fetch rebind.test; then
			good=$((good + 1))
		else
			grep -q '^forbidden: ' "$T/answer" || fail "round $round: $(cat "$T/answer")"
			bad=$((bad + 1))
		fi
	done
	[ "$good" -gt 0 ] && [ "$bad" -gt 0 ] || fail "good $good, bad $bad: the name did not change"
	echo "   $good fetched, $bad forbidden"
}

s6_a_thousand_answers_never_give_a_private_address() {
	probe --public-only --resolve 1000 -a git://rebind.test/ git://rebind.test/foo.git || fail "$(cat "$T/answer")"
	! grep -v -e "^$public\$" -e '^forbidden: ' "$T/answer" || fail "another address was given"
	[ "$(wc -l <"$T/answer")" -eq 1000 ] || fail "$(wc -l <"$T/answer") answers"
	[ "$(grep -c "^$public" "$T/answer")" -gt 100 ] && [ "$(grep -c ^forbidden "$T/answer")" -gt 100 ] ||
		fail "the name did not change: $(sort "$T/answer" | uniq -c)"
}

s6_of_two_addresses_the_public_one_is_used() {
	fetch both.test || fail "$(cat "$T/answer")"
	fetch public.test || fail "$(cat "$T/answer")"
	! fetch private.test || fail "a private server was used"
}

# The servers listen on 127.0.0.1 only.
every_address_of_a_name_is_tried() {
	probe --resolve 1 -a git://six.test/ git://six.test/foo.git || fail "$(cat "$T/answer")"
	[ "$(cat "$T/answer")" = "::1 127.0.0.1" ] || note "no IPv6 here: six.test is $(cat "$T/answer")"
	for host in six.test first.test last.test; do
		git=git://$host:$GIT_PORT
		http=http://$host:$(port_of http)
		ssh=ssh://$host:$(port_of hang)
		gives "$first" -a "$git/" "$git/modules/foo.git?#$first" hash
		gives "$first" -a "$http/" "$http/good/modules/foo.git?#$first" hash
		refuses unavailable 'too slow' -t 1 -a "$ssh/" "$ssh/foo.git" hash
	done
}

s6_of_the_addresses_of_a_name_each_counts_once_and_eight_at_most() {
	probe --resolve 1 -a git://many.test/ git://many.test/foo.git || fail "$(cat "$T/answer")"
	[ "$(tr ' ' '\n' <"$T/answer" | sort -u | wc -l)" -eq 8 ] && [ "$(wc -w <"$T/answer")" -eq 8 ] ||
		fail "$(cat "$T/answer")"
	probe --resolve 1 -a git://127.0.0.1/ git://127.0.0.1/foo.git || fail "$(cat "$T/answer")"
	[ "$(cat "$T/answer")" = 127.0.0.1 ] || fail "$(cat "$T/answer")"
}

s10_a_name_service_that_hangs_ends_with_the_deadline() {
	begin=$(date +%s)
	refuses unavailable 'the name service does not answer' -t 2 -a git://hang.test/ git://hang.test/foo.git hash
	[ $(($(date +%s) - begin)) -le 8 ] || fail "took $(($(date +%s) - begin)) seconds"
}

run_tests s6_a_name_that_changes_its_address_never_leads_to_a_private_one \
	s6_a_thousand_answers_never_give_a_private_address \
	s6_of_two_addresses_the_public_one_is_used \
	every_address_of_a_name_is_tried \
	s6_of_the_addresses_of_a_name_each_counts_once_and_eight_at_most \
	s10_a_name_service_that_hangs_ends_with_the_deadline
