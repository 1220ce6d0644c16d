#!/bin/sh
# SPDX-License-Identifier: MIT
# quickstart on a copy of the tree: twice in a row, status, the page, stop; with parts that die; with a Koji hub.
# Run by "quickstart check", not by "make check": it installs packages and takes a port.
set -eu
: "${top_srcdir:?}"
copy=$(mktemp -d "${TMPDIR:-/tmp}/rida-quickstart.XXXXXX")
chmod 0755 "$copy"
trap '"$copy/rida/quickstart" stop || :; for pid in ${started:-}; do stop "$pid"; done; rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
mkdir "$copy/rida"
(cd "$top_srcdir" && tar -cf - --exclude=./var --exclude=./build --exclude=./.git --exclude=./autom4te.cache .) |
	tar -xf - -C "$copy/rida"
cd "$copy/rida"
. tests/lib/common.sh
RIDA_PORT=$(free_port)
export RIDA_PORT
for round in first second; do
	./quickstart >out 2>err || fail "the $round quickstart: $(cat out err)"
	grep -q 'The module is ready' out || fail "the $round quickstart does not say that it is ready: $(cat out err)"
	curl -sSf -H 'Accept: text/html' "http://127.0.0.1:$RIDA_PORT/rida/" | grep -q greetings ||
		fail "the page does not show the module after the $round quickstart"
done
./quickstart status >out || fail "status: $(cat out)"
./quickstart stop
! ./quickstart status >out || fail "still running after stop: $(cat out)"
port_is_free "$RIDA_PORT" || fail "port $RIDA_PORT is still in use"

remember() {
	started="$1 ${started:-}"
}
. tests/lib/rabbitmq.sh
. tests/integration/plug.sh
pull_plugs

# With a hub that stands in for a real one: the module is built there, and not here.
T=$copy/hub
mkdir "$T"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/koji.sh"
start_hub
load_koji
hub_profile "$copy/koji.conf"
export RIDA_KOJI_CONFIG="$copy/koji.conf" RIDA_BASE_MODULE RIDA_KOJI_PERMISSION=tag
./quickstart --koji nowhere >out 2>err &
waiting=$!
wait_for 60 grep -q 'it waits: .*nowhere' out || fail "nothing is said of a profile that is not there: $(cat out err)"
stop "$waiting"
./quickstart stop
./quickstart --koji hub >out 2>err ||
	fail "quickstart --koji: $(cat out err)"
grep -q 'The module is ready' out || fail "quickstart --koji does not say that it is ready: $(cat out err)"
built=$(hub_call listBuilds '"greet"' | jq '[.[] | select(.state == 1)] | length')
[ "$built" = 1 ] || fail "the hub has not built the sample: $(hub_tasks build)"
./quickstart stop
