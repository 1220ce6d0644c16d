# SPDX-License-Identifier: MIT
# Certificates for servers on this machine, good ones and bad ones, in $T/tls.

# make_ca NAME: an authority; $T/tls/NAME.crt and .key.
make_ca() {
	mkdir -p "$T/tls"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$T/tls/$1.key" -out "$T/tls/$1.crt" 2>"$T/tls/problem" || fail "$(cat "$T/tls/problem")"
}

# make_certificate NAME AUTHORITY ALT-NAMES [START END]: a server's, for those names; with times as YYYYMMDDHHMMSSZ
# it is valid between them only.
make_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$T/tls/$1.key" \
		-out "$T/tls/request" 2>"$T/tls/problem" || fail "$(cat "$T/tls/problem")"
	printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" >"$T/tls/names"
	: >"$T/tls/index"
	printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\npolicy=p\ndefault_md=sha256\n[p]\ncommonName=supplied\n' \
		"$T/tls" "$T/tls" >"$T/tls/ca.conf"
	openssl ca -batch -notext -config "$T/tls/ca.conf" -cert "$T/tls/$2.crt" -keyfile "$T/tls/$2.key" -extfile "$T/tls/names" \
		${4:+-startdate "$4" -enddate "$5"} $([ -n "${4:-}" ] || echo -days 2) -in "$T/tls/request" -out "$T/tls/$1.crt" 2>"$T/tls/problem" ||
		fail "$(cat "$T/tls/problem")"
}
