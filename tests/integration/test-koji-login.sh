#!/bin/sh
# SPDX-License-Identifier: MIT
# Logins to a Koji hub by certificate and by Kerberos ticket, through a real Apache as it stands before hubs.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/certificates.sh"
. "$top_srcdir/tests/lib/kerberos.sh"
. "$top_srcdir/tests/integration/koji.sh"
need curl openssl python3

# tls_profile FILE LINES...: by certificate.
tls_profile() {
	tls_file=$1
	shift
	write_profile "$tls_file" "$FRONT_TLS" 'authtype = ssl' "serverca = $T/tls/authority.crt" "$@"
}

a_certificate_logs_in() {
	tls_profile "$T/tls.conf" "cert = $T/tls/rida.pem"
	probe "$T/tls.conf" login write '[["createTag", ["by-certificate"]]]' user
	said 'ok [0-9]*' 'ok [0-9]*' 'ok [0-9]*'
	grep -qx 'TLSv1.[23] rida - 200 /kojihub/ssllogin' "$T/front/users" || fail "$(cat "$T/front/users")"
	[ "$(grep -c ' rida ' "$T/front/users")" -eq 1 ] || fail "the certificate was shown again: $(cat "$T/front/users")"
}

without_the_right_certificate_nobody_logs_in() {
	cat "$T/tls/stranger.crt" "$T/tls/stranger.key" >"$T/tls/stranger.pem"
	tls_profile "$T/stranger.conf" "cert = $T/tls/stranger.pem"
	probe "$T/stranger.conf" write '[["createTag", ["by-stranger"]]]'
	said 'unavailable outage: *'
	tls_profile "$T/absent.conf" "cert = $T/absent.pem"
	probe "$T/absent.conf" write '[["createTag", ["by-nobody"]]]' read '[["echo", [1]]]'
	said "internal outage: *$T/absent.pem*" 'ok \[1]'
}

h3_a_hub_that_is_another_is_told_nothing() {
	write_profile "$T/other.conf" "$FRONT_TLS" 'authtype = ssl' "serverca = $T/tls/stranger.crt" "cert = $T/tls/rida.pem"
	lines=$(wc -l <"$T/front/users")
	probe "$T/other.conf" read '[["echo", [1]]]' write '[["createTag", ["told"]]]'
	said 'unavailable outage: *certificate*' 'unavailable outage: *'
	[ "$lines" -eq "$(wc -l <"$T/front/users")" ] || fail "$(cat "$T/front/users")"
}

# gssapi_profile FILE LINES...: by ticket.
gssapi_profile() {
	gssapi_file=$1
	shift
	write_profile "$gssapi_file" "$FRONT_GSSAPI" 'authtype = kerberos' "serverca = $T/tls/authority.crt" "$@"
}

# logged_in USER: by ticket, and only at the place for that.
logged_in() {
	grep -q "^TLSv1.[23] - $1@RIDA.TEST 200 /kojihub/ssllogin" "$T/front/users" || fail "$(cat "$T/front/users")"
	grep -q '^TLSv1.[23] - - 200 /kojihub$' "$T/front/users" || fail "$(cat "$T/front/users")"
	: >"$T/front/users"
}

a_ticket_logs_in() {
	gssapi_profile "$T/gssapi.conf" "keytab = $T/kdc/rida.keytab"
	probe "$T/gssapi.conf" login write '[["createTag", ["by-ticket"]]]'
	said 'ok [0-9]*' 'ok [0-9]*'
	logged_in rida
	[ "$(stat -c %a "$T/run/koji-lab.ccache")" = 600 ] || fail "the cache of tickets is open: $(ls -l "$T/run")"
	asked=$(grep -c AS_REQ "$T/kdc/log")
	probe "$T/gssapi.conf" login
	said 'ok [0-9]*'
	[ "$(grep -c AS_REQ "$T/kdc/log")" -eq "$asked" ] || fail "the cache of tickets is not used"
}

the_principal_is_the_one_that_is_named() {
	kdc_command kadmin.local ktadd -norandkey -k "$T/kdc/several.keytab" HTTP/localhost rida other/host
	for principal in other/host rida; do
		gssapi_profile "$T/named.conf" "keytab = $T/kdc/several.keytab" "principal = $principal@RIDA.TEST"
		for round in 1 2; do
			probe "$T/named.conf" login write "[[\"createTag\", [\"by-$round-${principal%/host}\"]]]"
			said 'ok [0-9]*' 'ok [0-9]*'
			logged_in "$principal"
		done
	done
	[ -z "$(find "$T/run" -type f ! -perm 600)" ] || fail "a cache of tickets is open: $(ls -l "$T/run")"
}

without_a_ticket_nobody_logs_in() {
	kdc_command kadmin.local ktadd -k "$T/kdc/later.keytab" rida
	rm "$T/run/koji-lab.ccache"
	probe "$T/gssapi.conf" write '[["createTag", ["by-old-key"]]]' read '[["echo", [1]]]'
	said 'internal outage: *401*' 'ok \[1]'
}

make_ca authority
make_ca stranger
make_certificate front authority DNS:localhost
make_certificate rida authority DNS:rida
cat "$T/tls/rida.crt" "$T/tls/rida.key" >"$T/tls/rida.pem"
mkdir -m 0700 "$T/run"
start_hub
start_kdc
add_principal HTTP/localhost
add_principal rida
add_principal other/host
chmod 0755 "$T/kdc"
chmod 0644 "$T/kdc/HTTP-localhost.keytab"
start_front
run_tests a_certificate_logs_in without_the_right_certificate_nobody_logs_in h3_a_hub_that_is_another_is_told_nothing \
	a_ticket_logs_in the_principal_is_the_one_that_is_named without_a_ticket_nobody_logs_in
