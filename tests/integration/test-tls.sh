#!/bin/sh
# SPDX-License-Identifier: MIT
# Outgoing connections: our own HTTP client and git speak only to a server that shows its certificate, signed by an
# authority of this system, of its own name, valid today, over TLS 1.2 or later.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/certificates.sh"
need bwrap openssl python3 git
BUNDLE=/etc/ssl/certs/ca-certificates.crt
[ -e "$BUNDLE" ] || BUNDLE=/etc/pki/tls/certs/ca-bundle.crt

# trusting COMMAND...: where the test's authority is this system's only one, and old TLS would be allowed.
trusting() {
	bwrap --dev-bind / / --ro-bind "$T/tls/authority.crt" "$(readlink -f "$BUNDLE")" --setenv OPENSSL_CONF "$T/openssl.conf" -- "$@"
}

url_of() {
	echo "https://localhost:$(awk -v name="$1" '$1 == name { print $2 }' "$T/ports")"
}

# ask_http NAME, ask_git NAME: whatever becomes of it, the server's log has what got through.
ask_http() {
	trusting "$top_builddir/scheduler/rida-admin" --config "$RIDA_CONFIG" check-front "$(url_of "$1")/rida" >"$T/said" 2>&1 || :
}
ask_git() {
	mkdir -p "$T/work"
	trusting "$top_builddir/tests/integration/scm_probe" -w "$T/work" -a "$(url_of "$1")/" "$(url_of "$1")/foo.git" hash >"$T/said" 2>&1 || :
}

h3_only_good_certificates_are_spoken_to() {
	for client in ask_http ask_git; do
		: >"$T/requests"
		"$client" good
		grep -q '^good ' "$T/requests" || fail "$client: the good server was not asked: $(cat "$T/said")"
		for bad in expired other-host self-signed other-authority old; do
			"$client" "$bad"
			! grep "^$bad " "$T/requests" || fail "$client: the server that is $bad was spoken to: $(cat "$T/said")"
		done
	done
}

make_ca authority
make_ca stranger
make_ca self-signed
make_certificate good authority DNS:localhost
make_certificate old authority DNS:localhost
make_certificate expired authority DNS:localhost 20200101000000Z 20200201000000Z
make_certificate other-host authority DNS:src.example.org
make_certificate other-authority stranger DNS:localhost
printf 'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n' >"$T/openssl.conf"
write_config 'scm_private_addresses: true'
launch tls-servers python3 "$top_srcdir/tests/integration/tls_server.py" "$T/tls" "$T/ports" "$T/requests" \
	good expired other-host self-signed other-authority old
wait_for 20 test -s "$T/ports" || fail "the servers did not start: $(launched_log tls-servers)"
run_tests h3_only_good_certificates_are_spoken_to
