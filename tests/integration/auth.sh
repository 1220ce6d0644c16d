# SPDX-License-Identifier: MIT
# Who is asking, and what else a request's headers could decide, through the front end named in FRONT:
# one that asks for passwords, and one that does not.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need curl jq git python3
[ "$FRONT" != apache ] || need apache2

start_mariadb
mkdir -p "$T/canary"
launch canary python3 "$top_srcdir/tests/integration/proxy_canary.py" "$T/canary"
wait_for 10 test -e "$T/canary/ports" || fail "no canary: $(launched_log canary)"
read -r PROXY_PORT DIRECT_PORT <"$T/canary/ports"
write_config 'auth: front' 'submit_by: anyone' 'admins: [admin]' 'gate_users: [gate]' 'builder: memory' 'log_level: info' \
	'auth_realms: [EXAMPLE.ORG]' "scm_allow: ['https://127.0.0.1:$DIRECT_PORT/']"
migrate_db
make_build 42 foo 2 alice
make_build 43 foo 2 anonymous

# One forgery a line: headers, separated by "|". RIGHT, WRONG and EMPTY are Basic credentials.
forgeries() {
	cat <<-'END'
		Remote-User: alice
		REMOTE_USER: alice
		remote-user: alice
		Remote_User: alice
		X-Remote-User: alice
		X_REMOTE_USER: alice
		X-Forwarded-User: alice
		X-Forwarded-Preferred-Username: alice
		X-Auth-Request-User: alice
		X-User: alice
		From: alice@example.org
		Rida-Auth-By: basic
		RIDA_AUTH_BY: basic
		RIDA-AUTH-BY: basic
		Http-Rida-Auth-By: basic
		Rida-Auth-By: basic|Remote-User: alice
		RIDA_AUTH_BY: basic|REMOTE_USER: alice
		rida_auth_by: basic|remote_user: alice
		RIDA_AUTH_BY: basic|RIDA_AUTH_BY: basic|REMOTE_USER: alice|REMOTE_USER: alice
		Rida-Auth-By: basic|Remote-User: admin
		Rida-Auth-By: basic|X-Remote-User: alice
		Rida-Auth-By: gssapi|Remote-User: alice
		HTTP_RIDA_AUTH_BY: basic|HTTP_REMOTE_USER: alice
		Authorization: Basic WRONG
		Authorization: Basic EMPTY
		Authorization: basic WRONG|RIDA_AUTH_BY: basic
		Authorization: Basic WRONG|Rida-Auth-By: basic|Remote-User: alice
		Authorization: Basic WRONG|Rida-Auth-By: basic
		Authorization: Basic %%%
		Authorization: Digest username="alice", realm="rida", nonce="x", uri="/", response="x"
		Authorization: Negotiate YWxpY2U=
		Authorization: Bearer alice
		Proxy-Authorization: Basic RIGHT
		X-Authorization: Basic RIGHT
		Auth-Type: Basic|Remote-User: alice
		AUTH_TYPE: Basic|REMOTE_USER: alice
		Ssl-Client-Verify: SUCCESS|Ssl-Client-S-Dn-Cn: alice
		X-Ssl-Client-Verify: SUCCESS|X-Ssl-Client-S-Dn: CN=alice
		Cookie: REMOTE_USER=alice; RIDA_AUTH_BY=basic
		Connection: Rida-Auth-By, close|Rida-Auth-By: basic|Remote-User: alice
		X-Original-User: alice|X-Original-Url: /rida/module-builds/42|Rida-Auth-By: basic
		X-Http-Method-Override: PATCH|Remote-User: alice|Rida-Auth-By: basic
		Fcgi-Role: AUTHORIZER|Remote-User: alice
		Variable-Remote-User: alice|Variable-Rida-Auth-By: basic
	END
}

basic() {
	printf '%s' "$1" | base64
}

# forge LINE PATH: asks to cancel a build with the line's headers.
forge() {
	line=$(printf '%s' "$1" | sed "s/RIGHT/$(basic alice:secret)/; s/WRONG/$(basic alice:wrong)/; s/EMPTY/$(basic alice:)/")
	path_of_forgery=$2
	set --
	while [ -n "$line" ]; do
		set -- "$@" -H "${line%%|*}"
		case $line in *'|'*) line=${line#*|} ;; *) line= ;; esac
	done
	ask PATCH "$path_of_forgery" -H 'Content-Type: application/json' -d '{"state": "failed", "owner": "alice"}' "$@"
}

asked_for() {
	sql "SELECT COUNT(*) FROM requests WHERE build_id = $1"
}

# all_anonymous STATUSES: each forgery gets one of them, and no request row is left.
all_anonymous() {
	count=0
	while IFS= read -r line; do
		for path in /rida/module-builds/42 '//rida/module-builds/42?REMOTE_USER=alice&RIDA_AUTH_BY=basic'; do
			forge "$line" "$path"
			case " $1 " in
			*" $STATUS "*) ;;
			*) fail "$FRONT: $line: $STATUS $(cat "$T/body")" ;;
			esac
		done
		count=$((count + 1))
	done <"$T/forgeries"
	[ "$count" -ge 40 ] || fail "only $count forgeries"
	[ "$(asked_for 42)" = 0 ] || fail "$FRONT: a forged name was believed"
	note "$FRONT: $count forgeries stayed anonymous ($1)"
}
forgeries >"$T/forgeries"

# serve_with yes|no: the front end, asking for passwords or not.
serve_with() {
	AUTH=$1
	case $FRONT in
	nginx)
		stop "$NGINX_PID" && unset NGINX_PORT
		start_nginx && URL=$NGINX_URL
		;;
	apache)
		stop "$APACHE_PID" && unset APACHE_PORT
		start_apache && URL=$APACHE_URL
		;;
	esac
}

# A front end that asks nobody: the request reaches rida, which does not believe the name. 400 is
# the server's own word for a broken header.
a2_no_name_is_believed_where_nobody_asks() {
	all_anonymous '403 400'
	ask PATCH /rida/module-builds/43 -d '{"state": "failed"}'
	want 202 'cancelling an anonymous build anonymously'
}

a2_no_forged_name_is_believed_where_passwords_are_asked() {
	all_anonymous '401 400'
	ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u bob
	want 403 'another user'
	ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u bob -H 'Remote-User: alice' -H 'Rida-Auth-By: basic'
	want 403 'another user who forges'
	ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u alice
	want 202 'the real user'
	[ "$(sql 'SELECT caller FROM requests WHERE build_id = 42')" = alice ] || fail "$FRONT: the caller is not alice"
}

# Names with a realm, which the front end has checked: each is itself, and nobody of another realm is anybody.
a3_a_name_of_another_realm_is_nobody() {
	for name in alice@EVIL.EXAMPLE alice@example.org alice/admin@EXAMPLE.ORG alice/admin alice@EXAMPLE.ORG@EVIL.EXAMPLE \
		alice@EVIL.EXAMPLE@EXAMPLE.ORG alice@ @EXAMPLE.ORG 'EVIL\\alice' admin@EVIL.EXAMPLE alice@EXAMPLE.ORG; do
		printf '%s:$apr1$ridatest$9fyxsv1SuSvM1HvwSmm0Q/\n' "$(printf '%s' "$name" | sed 's/\\\\/\\/')" >>"$T/conf/htpasswd"
	done
	for name in alice@EVIL.EXAMPLE alice@example.org alice/admin@EXAMPLE.ORG alice/admin alice@EXAMPLE.ORG@EVIL.EXAMPLE \
		alice@EVIL.EXAMPLE@EXAMPLE.ORG alice@ @EXAMPLE.ORG 'EVIL\\alice' admin@EVIL.EXAMPLE; do
		ask PATCH /rida/module-builds/44 -d '{"state": "failed"}' -u "$name"
		problem 403 Forbidden 'only alice@EXAMPLE.ORG, who submitted' "$name"
		ask PATCH /rida/module-builds/45 -d '{"state": "failed"}' -u "$name"
		want 202 "$name is anonymous"
		[ "$(sql 'SELECT caller FROM requests WHERE build_id = 45')" = anonymous ] || fail "$FRONT: $name is somebody"
		rows 'DELETE FROM requests WHERE build_id = 45'
	done
	ask PATCH /rida/module-builds/44 -d '{"state": "failed"}' -u alice
	want 403 'a name without the realm is another'
	ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u alice@EXAMPLE.ORG
	want 403 'a name with a realm is another'
	ask PATCH /rida/module-builds/44 -d '{"state": "failed"}' -u alice@EXAMPLE.ORG
	want 202 'the name itself'
	[ "$(sql 'SELECT caller FROM requests WHERE build_id = 44')" = alice@EXAMPLE.ORG ] || fail "$FRONT: the caller has lost its realm"
}

# fetch_with_proxy COMMAND...: the command makes rida fetch from the direct server; nobody asks the proxy.
fetch_with_proxy() {
	: >"$T/canary/direct"
	: >"$T/canary/environment"
	"$@"
	case $STATUS in 422 | 503) ;; *) fail "$FRONT: a fetch that cannot work: $STATUS $(cat "$T/body")" ;; esac
	grep -q '^1603' "$T/canary/direct" || fail "$FRONT: git did not come straight to the server: $(cat "$T/canary/direct")"
	[ ! -s "$T/canary/proxy" ] || fail "$FRONT: the proxy was asked: $(cat "$T/canary/proxy")"
	grep -q '^GIT_DIR=' "$T/canary/environment" || fail "$FRONT: git's environment was not seen"
	! grep -iE 'proxy|^HTTP_|^REQUEST_|^REMOTE_' "$T/canary/environment" ||
		fail "$FRONT: the request is in git's environment: $(cat "$T/canary/environment")"
}
ask_by_cgi() {
	FRONT=cgi
	ask POST /rida/module-builds/ -d "$BODY" -H "Proxy: $PROXY" -H 'Content-Type: application/json'
	FRONT=$1
}
a1_no_header_becomes_a_proxy() {
	PROXY=http://127.0.0.1:$PROXY_PORT
	BODY="{\"scmurl\": \"https://127.0.0.1:$DIRECT_PORT/foo.git?#$(printf '%040d' 0 | tr 0 a)\"}"
	# The other way round: git that is told to uses it.
	! https_proxy=$PROXY test_git ls-remote "https://127.0.0.1:$DIRECT_PORT/foo.git" 2>/dev/null
	grep -q '^434f4e4e454354' "$T/canary/proxy" || fail "the canary does not notice who uses it"
	: >"$T/canary/proxy"
	fetch_with_proxy ask POST /rida/module-builds/ -d "$BODY" -H "Proxy: $PROXY" -H "Https-Proxy: $PROXY" -H "All-Proxy: $PROXY" \
		-H "HTTP_PROXY: $PROXY" -H "Http-Proxy: $PROXY" -H 'Content-Type: application/json'
	[ "$FRONT" != nginx ] || fetch_with_proxy ask_by_cgi "$FRONT"
}

# What a browser says of itself decides before anything is done; programs say nothing.
a13_requests_of_other_sites_are_refused() {
	for header in 'Origin: https://evil.example' 'Origin: null' 'Origin: http://localhost.evil.example' 'Origin: file://' \
		'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site'; do
		for type in application/json text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x'; do
			ask PATCH /rida/module-builds/45 -d '{"state": "failed"}' -H "$header" -H "Content-Type: $type" -u bob
			problem 403 Forbidden 'other sites' "$header, $type"
			ask POST /rida/module-builds/ -d '{"scmurl": "x"}' -H "$header" -H "Content-Type: $type" -u bob
			problem 403 Forbidden 'other sites' "$header, $type"
		done
	done
	for type in text/plain 'multipart/form-data; boundary=x' application/jsonp text/json; do
		ask PATCH /rida/module-builds/45 -d '{"state": "failed"}' -H "Content-Type: $type" -u bob
		problem 400 'Bad Request' 'application/json' "$type"
	done
	[ "$(asked_for 45)" = 0 ] || fail "$FRONT: another site's page was obeyed"
	ask PATCH /rida/module-builds/45 -d '{"state": "failed"}' -H "Origin: $URL" -H 'Sec-Fetch-Site: same-origin' \
		-H 'Content-Type: application/json' -u admin
	want 202 "a page of ours"
}

a14_no_answer_is_for_other_sites() {
	for path in /rida/ /rida/module-builds/ /rida/module-builds/42 /rida/build-states/ /rida/nothing /rida/static/rida.css /rida/repos/ /; do
		for method in GET HEAD OPTIONS; do
			ask "$method" "$path" -H 'Origin: https://evil.example' -H 'Access-Control-Request-Method: PATCH' \
				-H 'Access-Control-Request-Headers: content-type, authorization'
			no_header 'Access-Control-.*'
		done
	done
}

# No header of the request decides where a link or a Location leads.
all_links_are_ours() {
	for path in / /rida /rida/ /rida/module-builds '/rida/module-builds?page=1' '/rida/module-builds/?page=1&per_page=1' /rida/module-builds/42 \
		/rida/module-builds/46 /rida/nothing /rida/build-states /rida/static /rida/repos /rida/repos/ //evil.example/rida/ '/\evil.example/rida/' \
		'/rida//evil.example/..' '/rida/module-builds/?page=1&name=http://evil.invalid/'; do
		for accept in text/html application/json; do
			ask GET "$path" -H "Accept: $accept" -H "Host: $1" -H 'X-Forwarded-Host: evil.invalid' -H 'X-Forwarded-Proto: gopher' \
				-H 'X-Forwarded-Server: evil.invalid' -H 'X-Script-Name: /evil.invalid' -H 'X-Forwarded-Prefix: //evil.invalid' \
				-H 'Forwarded: host=evil.invalid;proto=gopher' -H 'X-Original-Url: //evil.invalid/' -H 'X-Rewrite-Url: //evil.invalid/' \
				-H 'X-Host: evil.invalid' -H 'X-Forwarded-Port: 666' -H 'Script-Name: /evil.invalid' -H 'Referer: http://evil.invalid/'
			grep -ivE '^link: <[^>]*name=http%3[aA]%2[fF]%2[fF]evil' "$T/head" >"$T/rest" || :
			! grep -E 'evil.invalid|gopher|:666' "$T/rest" || fail "$FRONT: $path, $accept: $(cat "$T/head")"
			! grep -iE '(href|src|action)="[^"]*(//|gopher|:666)' "$T/body" || fail "$FRONT: $path, $accept: a link that leads away"
			! tr -d '\r' <"$T/head" | grep -iE '^location:' | grep -qivE '^location: /(rida/|$)' ||
				fail "$FRONT: $path: $(grep -i '^location:' "$T/head")"
		done
	done
}
a15_links_lead_to_us() {
	rows "UPDATE builds SET is_finished = 1, gen = gen + 1 WHERE id = 46"
	all_links_are_ours evil.invalid
	ask GET /rida/module-builds/46 -H 'Accept: text/html' -H 'Host: evil.invalid'
	body_lacks baseurl
	ask GET /rida/module-builds/46 -H 'Accept: text/html'
	body_has "baseurl=$URL/rida/repos/"
}

# Ends of lines in a request, as they are and encoded: the head has no line that they made.
a16_no_line_of_the_head_is_the_clients() {
	for part in '%0d%0aX-Injected:%20yes' '%0aX-Injected:%20yes' '%E5%98%8A%E5%98%8DX-Injected:%20yes' \
		'%250d%250aX-Injected:%20yes' '%00%0d%0aX-Injected:%20yes' '%0d%0a%0d%0a<script>'; do
		for path in "/$part" "/rida$part" "/rida/$part" "/rida/module-builds$part" "/rida/module-builds?$part" "/rida/module-builds?page=1&$part" \
			"/rida/module-builds/?page=1&name=$part" "/rida/module-builds/?page=1&$part=1" "/rida/static$part" "/rida/repos$part" \
			"/rida/module-builds/42/logs/$part/1/x" "/rida/repos/$part/"; do
			ask GET "$path" -H 'Accept: text/html'
			! tr '\r' '\n' <"$T/head" | grep -qiE '^(x-injected|<script)' || fail "$FRONT: $path: $(cat "$T/head")"
			case $STATUS in 5??) fail "$FRONT: $path: $STATUS $(cat "$T/body")" ;; esac
		done
	done
	# As they are, which curl does not send.
	python3 - "${URL##*:}" <<-'END' || fail "$FRONT: a raw request"
		import socket, sys
		for part in (b"\r\nX-Injected: yes", b"\nX-Injected: yes", b"\rX-Injected: yes", b"\x0bX-Injected: yes", b"\0X-Injected: yes", b"\x85X-Injected: yes"):
		    for uri in (b"/rida/module-builds", b"/rida/module-builds?a=", b"/rida/"):
		        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as link:
		            link.sendall(b"GET " + uri + part + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		            head = b"".join(iter(lambda: link.recv(65536), b"")).partition(b"\r\n\r\n")[0]
		        lines = head.replace(b"\r", b"\n").split(b"\n")
		        assert not [line for line in lines if line.lower().startswith(b"x-injected")], head
		        assert b" 5" not in lines[0][:12], head
	END
}

make_build 44 foo 2 alice@EXAMPLE.ORG
make_build 45 foo 2 anonymous
make_build 46 foo 5 alice
AUTH=no
start_front
run_tests a2_no_name_is_believed_where_nobody_asks a1_no_header_becomes_a_proxy
serve_with yes
run_tests a2_no_forged_name_is_believed_where_passwords_are_asked a3_a_name_of_another_realm_is_nobody \
	a13_requests_of_other_sites_are_refused a14_no_answer_is_for_other_sites a15_links_lead_to_us \
	a16_no_line_of_the_head_is_the_clients
[ "$(cat "$T"/log/fcgi-* | grep -cE 'worker-died|Sanitizer|runtime error')" = 0 ] || fail "workers died: $(tail -5 "$T"/log/fcgi-*)"
