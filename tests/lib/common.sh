# SPDX-License-Identifier: MIT
# What tests and quickstart share: words for the user, waiting, ports, processes. Whoever sources it
# has set T, the folder that everything lives in, and defines remember PID NAME.
# The system's programs and its Python with the modules of its packages come first.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
DETACH=

note() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fail TEXT: ends the script as failed.
fail() {
	note "FAILED: $*"
	exit 1
}

# need PROGRAM...: ends the script when one is missing.
need() {
	for program; do
		command -v "$program" >/dev/null && continue
		[ -z "${CI:-}" ] || fail "$program is missing"
		note "$program is missing"
		exit 77
	done
}

# need_python MODULE...: what follows uses them with the system's Python.
need_python() {
	for module; do
		/usr/bin/python3 -c "import $module" 2>/dev/null && continue
		[ -z "${CI:-}" ] || fail "python3-$module is missing"
		note "python3-$module is missing"
		exit 77
	done
}

# need_strace: what follows traces programs of ours. The search for leaks traces its own process, so it is switched off.
need_strace() {
	need strace
	if ! strace -o /dev/null true 2>/dev/null; then
		[ -z "${CI:-}" ] || fail "strace is not allowed here"
		note "strace is not allowed here"
		exit 77
	fi
	export ASAN_OPTIONS=detect_leaks=0
}

# is_gone PID: it has ended, whether or not its parent has looked.
is_gone() {
	! [ -e "/proc/$1/stat" ] || grep -q ') Z ' "/proc/$1/stat" 2>/dev/null
}

# stop PID: TERM, then KILL after ten seconds; returns when it is gone.
stop() {
	kill "$1" 2>/dev/null || return 0
	wait_for 10 is_gone "$1" || kill -9 "$1" 2>/dev/null || :
}

# wait_for SECONDS COMMAND...: until the command succeeds; it is asked twenty times a second.
wait_for() {
	limit=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		limit=$((limit - 1))
		[ "$limit" -gt 0 ] || return 1
		sleep 0.05
	done
}

# port_is_free PORT: nobody listens on it; /proc/net has ports in hexadecimal.
port_is_free() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port=":$(printf '%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { used = 1 }
			END { exit used }'
}

# free_port: prints a TCP port that nobody listens on.
free_port() {
	while :; do
		port=$(shuf -i 20000-32000 -n 1)
		! port_is_free "$port" || break
	done
	echo "$port"
}

# launch NAME COMMAND...: runs it in the background with its output in $T/log/NAME; sets LAUNCHED, its pid.
launch() {
	launch_name=$1
	shift
	mkdir -p "$T/log"
	$DETACH "$@" </dev/null >>"$T/log/$launch_name" 2>&1 &
	LAUNCHED=$!
	remember "$LAUNCHED" "$launch_name"
}

# launched_log NAME: the end of a server's output, for messages.
launched_log() {
	tail -n 20 "$T/log/$1" 2>/dev/null || :
}

# run_tests NAME...: the functions of these names, in turn. A file may define after_test, which checks
# what holds after each of them.
run_tests() {
	for test_name; do
		"$test_name"
		! command -v after_test >/dev/null || after_test
		note "ok $test_name"
	done
}
