#!/bin/sh
# SPDX-License-Identifier: MIT
# The parent of a pool and its workers: the socket, deaths, recycling, TERM, a socket that is given.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
AUTH=no
. "$top_srcdir/tests/integration/ask.sh"
need nginx curl jq python3

start_mariadb
write_config 'submit_by: anyone' 'builder: memory'
migrate_db
make_build 42 foo 2
SOCKET=$T/run/read.sock

workers() {
	ps -o pid= --ppid "$POOL" | sort -n | tr -d ' '
}
worker_count_is() {
	[ "$(workers | wc -l)" -eq "$1" ]
}
start_read_pool() {
	rm -f "$SOCKET"
	launch fcgi-read "$top_builddir/cgi/rida.fcgi" --config "$RIDA_CONFIG" --listen "$SOCKET" --workers "$1"
	POOL=$LAUNCHED
	wait_for 10 test -S "$SOCKET" || fail "the pool did not start: $(launched_log fcgi-read)"
}

start_read_pool 3
[ "$(stat -c %a "$SOCKET")" = 660 ] || fail "the socket's mode is $(stat -c %a "$SOCKET")"
chmod 0666 "$SOCKET"
start_nginx
URL=$NGINX_URL
wait_for 5 worker_count_is 3 || fail "not 3 workers: $(workers)"
get /rida/module-builds/42

# A worker that dies is replaced.
victim=$(workers | head -1)
kill -9 "$victim"
replaced() {
	! workers | grep -qx "$victim" && worker_count_is 3
}
wait_for 10 replaced || fail "a dead worker was not replaced"
get /rida/module-builds/42

# HUP replaces all of them.
old=$(workers)
kill -HUP "$POOL"
all_new() {
	worker_count_is 3 && for pid in $old; do ! workers | grep -qx "$pid" || return 1; done
}
wait_for 10 all_new || fail "HUP left $(workers) of $old"
get /rida/module-builds/42

# TERM ends all within seconds, and the socket is gone.
began=$(date +%s)
kill "$POOL"
timeout 10 tail --pid="$POOL" -f /dev/null || fail "TERM did not end the pool"
[ $(($(date +%s) - began)) -le 5 ] || fail "TERM took $(($(date +%s) - began)) s"
[ ! -e "$SOCKET" ] || fail "the socket was left"

# A worker makes room after 10,000 requests; nobody notices.
start_read_pool 1
chmod 0666 "$SOCKET"
wait_for 5 worker_count_is 1 || fail "not 1 worker"
old=$(workers)
curl -sS -o /dev/null -w '%{http_code}\n' "$URL/rida/build-states/?[1-10010]" >"$T/codes"
[ "$(sort "$T/codes" | uniq -c | awk '{ print $1, $2 }')" = "10010 200" ] ||
	fail "answers around the recycling: $(sort "$T/codes" | uniq -c)"
[ "$(workers)" != "$old" ] || fail "the worker was not recycled"
stop "$POOL"

# Without a configuration it says so and ends.
! "$top_builddir/cgi/rida.fcgi" --config "$T/nothing" --listen "$SOCKET" 2>"$T/said" || fail "started without a configuration"
grep -q "$T/nothing" "$T/said" || fail "the message does not name the file: $(cat "$T/said")"

# A listening socket as descriptor 0, as systemd gives it.
launch fcgi-given python3 -c "
import os, socket
server = socket.socket(socket.AF_UNIX)
server.bind('$SOCKET')
server.listen(64)
os.dup2(server.fileno(), 0)
os.execv('$top_builddir/cgi/rida.fcgi', ['rida.fcgi', '--config', '$RIDA_CONFIG', '--workers', '2'])"
POOL=$LAUNCHED
wait_for 10 test -S "$SOCKET" && chmod 0666 "$SOCKET"
wait_for 10 worker_count_is 2 || fail "no workers at a given socket: $(launched_log fcgi-given)"
get /rida/module-builds/42
stop "$POOL"
[ -S "$SOCKET" ] || fail "a socket that was given was removed"

# As a CGI program it ignores arguments: a web server may make them of the client's query.
FRONT=cgi
get /rida/module-builds/42
env -i PATH="$PATH" RIDA_CONFIG="$RIDA_CONFIG" REQUEST_METHOD=GET REQUEST_URI=/rida/build-states/ \
	"$top_builddir/cgi/rida.fcgi" --config "$T/nothing" --listen "$T/evil" </dev/null >"$T/answer"
grep -q '^Status: 200' "$T/answer" || fail "arguments counted: $(cat "$T/answer")"
[ ! -e "$T/evil" ] || fail "a client's query made a socket"
