# SPDX-License-Identifier: MIT
# Forty ways to claim a name that the front end named in FRONT has not checked: all of them stay
# anonymous, on a front end that asks for passwords and on one that does not.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need curl jq
[ "$FRONT" != apache ] || need apache2

start_mariadb
write_config 'auth: front' 'submit_by: anyone' 'admins: [admin]' 'gate_users: [gate]' 'builder: memory' 'log_level: info'
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

# A front end that asks nobody: the request reaches rida, which does not believe the name. 400 is
# the server's own word for a broken header.
AUTH=no
start_front
all_anonymous '403 400'
ask PATCH /rida/module-builds/43 -d '{"state": "failed"}'
want 202 'cancelling an anonymous build anonymously'

# The front end that asks for passwords.
case $FRONT in
nginx) stop "$NGINX_PID" && unset NGINX_PORT ;;
apache) stop "$APACHE_PID" && unset APACHE_PORT ;;
esac
AUTH=yes
case $FRONT in
nginx) start_nginx && URL=$NGINX_URL ;;
apache) start_apache && URL=$APACHE_URL ;;
esac
all_anonymous '401 400'
ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u bob
want 403 'another user'
ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u bob -H 'Remote-User: alice' -H 'Rida-Auth-By: basic'
want 403 'another user who forges'
ask PATCH /rida/module-builds/42 -d '{"state": "failed"}' -u alice
want 202 'the real user'
[ "$(sql 'SELECT caller FROM requests WHERE build_id = 42')" = alice ] || fail "$FRONT: the caller is not alice"

# A "Proxy:" header reaches no environment; nothing of the client's decides where we connect to.
ask GET /rida/module-builds/42 -H 'Proxy: http://127.0.0.1:9/' -H 'X-Forwarded-Host: evil.example' -H 'Host: evil.example' -H 'X-Script-Name: /evil'
want 200 'hostile headers'
body_lacks evil
ask GET '/rida/module-builds/?page=1' -H 'X-Forwarded-Host: evil.example' -H 'Host: evil.example'
! grep -q evil "$T/head" || fail "$FRONT: a host header got into the links"
no_header 'Access-Control-Allow-Credentials:.*'
