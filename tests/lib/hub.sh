# SPDX-License-Identifier: MIT
# The stand-in Koji hub on a port of 127.0.0.1: see the head of tests/stub/hub.py. Source it after env.sh.

# start_hub [OPTION...]: sets HUB_URL, the base of its address (with /kojihub), HUB_CONTROL and HUB_PID. It is
# stopped with the test. HUB_PORT may be given, for a hub that comes back.
start_hub() {
	need python3 curl
	rm -f "$T/hub.ready"
	launch hub env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/stub/hub.py" --ready "$T/hub.ready" \
		${HUB_PORT:+--port "$HUB_PORT"} "$@"
	HUB_PID=$LAUNCHED
	wait_for 20 test -s "$T/hub.ready" || fail "the hub did not start: $(launched_log hub)"
	HUB_CONTROL=$(cat "$T/hub.ready")/control
	HUB_URL=$(cat "$T/hub.ready")/kojihub
	export HUB_URL HUB_CONTROL HUB_PID
}

# hub_control JSON: has the hub do it; prints its answer, JSON on one line.
hub_control() {
	printf '%s' "$1" | curl -sSfk --data-binary @- "$HUB_CONTROL" || fail "the hub refuses: $1"
}

# hub_counts: the requests by method, as JSON; see "counts" in tests/stub/hub_control.py.
hub_counts() {
	hub_control '{"do": "counts"}'
}

hub_is_up() {
	curl -sk --max-time 5 -o "$T/hub.answer" "$HUB_URL"
}
hub_is_down() {
	! hub_is_up
}

# hub_goes, hub_comes: an outage, in which connections are refused; the hub forgets nothing in it.
hub_goes() {
	kill -USR1 "$HUB_PID"
	wait_for 10 hub_is_down || fail "the hub does not go"
}
hub_comes() {
	kill -USR1 "$HUB_PID"
	wait_for 10 hub_is_up || fail "the hub does not come"
}

# hub_forget: counts begin again.
hub_forget() {
	hub_control '{"do": "forget"}' >/dev/null
}

# hub_profile FILE [MEMBER...]: a profile "hub" for FILE, with the password of rida or what MEMBERs say.
hub_profile() {
	profile_file=$1
	shift
	{
		printf '[hub]\ntopurl = http://files.example/kojifiles\nserver = %s\nauthtype = password\nuser = rida\npassword = ridapw\n' "$HUB_URL"
		[ "$#" -eq 0 ] || printf '%s\n' "$@"
	} >"$profile_file"
}

# begins LINE...: what a probe printed to $T/said begins with these lines, each a pattern of the shell.
begins() {
	said_count=0
	for said_pattern; do
		said_count=$((said_count + 1))
		said_line=$(sed -n "${said_count}p" "$T/said")
		# shellcheck disable=SC2254
		case $said_line in
		$said_pattern) ;;
		*) fail "line $said_count is \"$said_line\", not \"$said_pattern\": $(cat "$T/said")" ;;
		esac
	done
}

# said LINE...: the same, and there is no further line.
said() {
	begins "$@"
	[ "$(wc -l <"$T/said")" -eq "$#" ] || fail "there are more lines: $(cat "$T/said")"
}
