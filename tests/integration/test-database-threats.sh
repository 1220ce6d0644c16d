#!/bin/sh
# SPDX-License-Identifier: MIT
# The database's side of the threats: how many connections an account gets, dear questions, and
# servers that are not the one they should be.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/certificates.sh"
FRONT=nginx
AUTH=no
READ_WORKERS=1
. "$top_srcdir/tests/integration/ask.sh"
need nginx python3 openssl jq
wire=$top_srcdir/tests/integration/db_server.py
secret=sesame-open-1b8f

# over_tcp [KEY: VALUE...]: the configuration for a server that is not on this host's socket.
over_tcp() {
	write_config 'log_level: warning' "db_socket: ''" 'db_host: localhost' "db_port: $PORT" \
		"db_web_password_file: $T/web.secret" "db_scheduler_password_file: $T/web.secret" 'db_scheduler_user: rida_tls' "$@"
}

# passes: the scheduler reaches the database; refuses WORDS: it does not, says so, and tells no password.
passes() {
	run_scheduler >"$T/said" 2>&1 || fail "$1: $(cat "$T/said")"
}
refuses() {
	status=0
	run_scheduler >"$T/said" 2>&1 || status=$?
	[ "$status" -eq 75 ] || [ "$status" -eq 1 ] || fail "$1: the pass ended with $status: $(cat "$T/said")"
	grep -qiE "$2" "$T/said" || fail "$1: $(cat "$T/said")"
	! grep -q "$secret" "$T/said" || fail "$1: the password was told"
}

# serve_certificate NAME: what the database's server shows from now on.
serve_certificate() {
	cp "$T/tls/$1.crt" "$T/tls/shown.crt"
	cp "$T/tls/$1.key" "$T/tls/shown.key"
	sql 'FLUSH SSL' mysql
}

a19_the_web_cannot_take_all_connections() {
	held=$(sql "SELECT SUM(max_user_connections), SUM(max_user_connections = 0) FROM mysql.user WHERE user LIKE 'rida\_%' AND host = 'localhost'")
	[ "$(echo "$held" | awk '{ print ($1 > 0 && $1 <= 0.8 * 151 && $2 == 0) }')" = 1 ] || fail "the accounts may open $held connections"
	mkfifo "$T/flood"
	sleep 60 >"$T/flood" &
	holder=$!
	remember "$holder"
	python3 "$wire" hold "$RIDA_TEST_SOCKET" rida_web 200 <"$T/flood" >"$T/held" &
	remember $!
	wait_for 20 test -s "$T/held" || fail 'the flood did not begin'
	[ "$(cat "$T/held")" -ge 50 ] && [ "$(cat "$T/held")" -le 60 ] || fail "the web got $(cat "$T/held") connections"
	run_scheduler || fail "the scheduler does not pass during the flood: $?"
	"$top_builddir/scheduler/rida-admin" release 42 || fail 'the operator cannot work during the flood'
	ask GET /rida/module-builds/42
	problem 503 'Service Unavailable' 'try again' 'the web beyond its connections'
	header 'Retry-After: [0-9]+'
	kill "$holder"
	reads() {
		ask GET /rida/module-builds/42
		[ "$STATUS" = 200 ]
	}
	wait_for 10 reads || fail "the web does not come back: $STATUS"
}

# A table that is locked makes any question of it a dear one.
a18_a_dear_question_ends_and_is_no_outage() {
	launch locker python3 -c "
import subprocess
holder = subprocess.Popen(['mariadb', '--no-defaults', '--socket=$RIDA_TEST_SOCKET', '-uroot', 'rida'], stdin=subprocess.PIPE)
holder.stdin.write(b'LOCK TABLES builds WRITE; SELECT SLEEP(60);\n')
holder.stdin.flush()
holder.wait()"
	locked() { [ "$(sql "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'" mysql)" = 1 ]; }
	wait_for 10 locked || fail 'the table was not locked'
	began=$(date +%s%N)
	ask GET /rida/module-builds/42
	took=$((($(date +%s%N) - began) / 1000000))
	problem 503 'Service Unavailable' 'takes too long for this: ask for less' 'a dear question'
	header 'Retry-After: [0-9]+'
	[ "$took" -lt 5000 ] || fail "a dear question took $took ms"
	body_lacks max_statement_time
	sql "KILL $(sql "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'" mysql)" mysql
	get /rida/module-builds/42
}

h3_a_database_is_reached_only_with_its_certificate() {
	over_tcp "db_tls_ca_file: $T/tls/good-ca.crt"
	serve_certificate good
	passes 'the right certificate'
	[ "$(sql "SELECT COUNT(*) FROM mysql.user WHERE user = 'rida_tls' AND ssl_type = 'ANY'")" = 1 ] || fail 'the account does not want TLS'
	for bad in expired other-host self-signed other-ca; do
		serve_certificate "$bad"
		refuses "a certificate that is $bad" 'certificate|TLS|SSL'
	done
	serve_certificate good
	over_tcp "db_tls_ca_file: $T/tls/other-ca-ca.crt"
	refuses 'an authority that did not sign' 'certificate|TLS|SSL'
	over_tcp "db_tls_ca_file: $T/tls/good-ca.crt"
	passes 'the right certificate again'
}

# Who stands between cannot talk it out of TLS, nor see the password.
h3_no_tls_is_no_connection() {
	launch rogue python3 "$wire" rogue "$ROGUE" "$T/rogue.log"
	wait_for 10 eval '! port_is_free "$ROGUE"' || fail "$(launched_log rogue)"
	over_tcp "db_port: $ROGUE" "db_tls_ca_file: $T/tls/good-ca.crt"
	refuses 'a server without TLS' 'SSL|TLS'
	[ ! -s "$T/rogue.log" ] || grep -qx gone "$T/rogue.log" || fail "it was told $(cat "$T/rogue.log")"
	! grep -q user "$T/rogue.log" || fail "it was told $(cat "$T/rogue.log")"
}

h5_a_database_gets_no_file() {
	: >"$T/rogue.log"
	over_tcp "db_port: $ROGUE"
	refuses 'a server that asks for a file' '.'
	grep -q 'user rida_tls' "$T/rogue.log" && grep -q '^command' "$T/rogue.log" || fail "it was not asked: $(cat "$T/rogue.log")"
	! grep -q '^file' "$T/rogue.log" || fail "it was given $(cat "$T/rogue.log")"
	grep -q "files refused" "$T/rogue.log" || fail "files are offered: $(cat "$T/rogue.log")"
}

h5_a_database_gets_no_password_in_clear() {
	: >"$T/rogue.log"
	over_tcp "db_port: $ROGUE" 'db_scheduler_user: clear'
	refuses 'a server that asks for the password' '.'
	! grep -q "$secret" "$T/rogue.log" || fail "it was given the password: $(cat "$T/rogue.log")"
}

mkdir -p "$T/tls"
for authority in good-ca other-ca-ca; do make_ca "$authority"; done
make_certificate good good-ca DNS:localhost,IP:127.0.0.1
make_certificate expired good-ca DNS:localhost 20200101000000Z 20200201000000Z
make_certificate other-host good-ca DNS:db.example.org
make_certificate other-ca other-ca-ca DNS:localhost
make_ca self-signed
cp "$T/tls/good.crt" "$T/tls/shown.crt"
cp "$T/tls/good.key" "$T/tls/shown.key"
chmod -R a+rX "$T/tls"
chmod a+r "$T"/tls/*.key
PORT=$(free_port)
ROGUE=$(free_port)
printf '%s\n' "$secret" >"$T/web.secret"
chmod 0600 "$T/web.secret"
start_mariadb --skip-networking=0 --bind-address=127.0.0.1 --port="$PORT" --max-connections=151 \
	--ssl-cert="$T/tls/shown.crt" --ssl-key="$T/tls/shown.key" --tls-version=TLSv1.2,TLSv1.3
write_config 'builder: memory'
migrate_db
sql "CREATE USER rida_tls IDENTIFIED BY '$secret' REQUIRE SSL; GRANT ALL ON rida.* TO rida_tls" mysql
make_build 42 foo 2
sql 'INSERT INTO claims (build_id, last_error) VALUES (42, "")'
start_front
run_tests \
	a19_the_web_cannot_take_all_connections \
	a18_a_dear_question_ends_and_is_no_outage \
	h3_a_database_is_reached_only_with_its_certificate \
	h3_no_tls_is_no_connection \
	h5_a_database_gets_no_file \
	h5_a_database_gets_no_password_in_clear
