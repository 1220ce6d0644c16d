# SPDX-License-Identifier: MIT
# What the tests of the scm port share. Source it after env.sh.

need git python3
probe_program=$top_builddir/tests/integration/scm_probe
work=$T/work
repos=$T/repos
mkdir -p "$work" "$repos/modules"

# start_servers: git daemon, and the servers that behave badly; sets GIT_URL and HTTP_URL.
start_servers() {
	start_git_daemon "$repos"
	: >"$T/server.log"
	launch scm-server python3 "$top_srcdir/tests/integration/scm_server.py" "$repos" "$T/ports" "$T/server.log"
	wait_for 20 test -s "$T/ports" || fail "the servers did not start: $(launched_log scm-server)"
	HTTP_URL=http://127.0.0.1:$(port_of http)
}

# port_of NAME: of a server of scm_server.py.
port_of() {
	awk -v name="$1" '$1 == name { print $2 }' "$T/ports"
}

# probe OPTION... URL COMMAND...: everything on 127.0.0.1 is allowed; the answer is in $T/answer.
probe() {
	status=0
	"$probe_program" -w "$work" --max-rss 300 -a "$GIT_URL/" -a "$HTTP_URL/" "$@" >"$T/answer" 2>"$T/problem" </dev/null || status=$?
	[ "$status" -le 1 ] || fail "the probe broke ($status): $(cat "$T/problem")"
	return "$status"
}

# gives TEXT OPTION... URL COMMAND...: the probe succeeds and prints exactly that.
gives() {
	wanted=$1
	shift
	probe "$@" || fail "$*: $(cat "$T/answer")"
	[ "$(cat "$T/answer")" = "$wanted" ] || fail "$*: is '$(cat "$T/answer")', not '$wanted'"
}

# refuses CODE TEXT OPTION... URL COMMAND...: the probe fails so, with these words, and tells no path of ours.
refuses() {
	code=$1
	words=$2
	shift 2
	! probe "$@" || fail "$*: succeeds"
	grep -q "^$code: .*$words" "$T/answer" || fail "$*: is '$(cat "$T/answer")', not '$code ... $words'"
	! grep -q "$work" "$T/answer" || fail "$*: the message shows a path: $(cat "$T/answer")"
}

nothing_is_left() {
	[ -z "$(ls -A "$work")" ] || fail "left behind: $(ls -A "$work")"
}

canary_was_not_reached() {
	! grep '^canary' "$T/server.log" || fail "the canary was reached"
}

# after_test: what holds after each of them.
after_test() {
	nothing_is_left
	canary_was_not_reached
}
