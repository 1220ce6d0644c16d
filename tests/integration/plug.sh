# SPDX-License-Identifier: MIT
# The plug of each part is pulled (KILL) in the middle of ./quickstart: once the part is back, which for workers, passes
# and jobs is nobody's work, the module becomes ready by itself. Sourced by test-quickstart.sh, in its copy of the tree.

# start_anew [NAME=VALUE...]: quickstart from nothing but the programs.
start_anew() {
	./quickstart stop
	(cd var && rm -rf db state repos cache git lookaside run)
	: >out
	env "$@" ./quickstart >out 2>err &
	FOLLOWING=$!
}

# begin [NAME=VALUE...]: the same; returns when a component is being built.
begin() {
	start_anew "$@"
	wait_for 120 grep -q 'task [0-9]*/open' out || fail "nothing is being built: $(cat out err)"
}

# ends_ready TEXT: quickstart ends well.
ends_ready() {
	wait "$FOLLOWING" || fail "$1: quickstart ended with $?: $(cat out err)"
	grep -q 'The module is ready' out || fail "$1: quickstart does not say that it is ready: $(cat out err)"
	note "ok $1"
}

# pid_of NAME: of what quickstart started.
pid_of() {
	cut -d' ' -f1 "var/pids/$1"
}

# pids PROGRAM: of this copy's processes that were started as that.
pids() {
	grep -lasxz "$PROGRAMS/$1" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3
}

# pull PROGRAM: kills all of them; false when there is none.
pull() {
	victims=$(pids "$1")
	[ -n "$victims" ] || return 1
	# Some end with the first of them.
	kill -9 $victims 2>/dev/null || :
}

# kill_pass: the pass that the stand-in for cron has started; false between two.
kill_pass() {
	child=$(tr -d ' ' <"/proc/$loop/task/$loop/children")
	[ "$(cat "/proc/$child/comm")" = rida-scheduler ] && kill -9 "$child"
}

a_scheduler_that_dies_again_and_again() {
	begin
	loop=$(pid_of scheduler)
	kills=0
	while [ "$kills" -lt 10 ] && ! is_gone "$FOLLOWING"; do
		! kill_pass 2>/dev/null || kills=$((kills + 1))
		sleep 0.02
	done
	[ "$kills" -ge 2 ] || fail "only $kills passes were killed before the module was ready"
	ends_ready "the scheduler was killed $kills times"
}

a_web_worker() {
	begin
	old=$(pid_of fcgi-read)
	workers=$(cat "/proc/$old/task/$old/children")
	[ -n "$workers" ] || fail 'there are no workers'
	kill -9 $workers
	ends_ready 'all reading workers were killed'
}

a_job() {
	start_anew
	wait_for 120 pull scheduler/rida-job || fail "no job runs: $(cat out err)"
	ends_ready 'all rida-jobs were killed'
}

# It is away for some time, then an operator, or systemd, starts it again.
the_database() {
	begin
	old=$(pid_of mariadbd)
	tr '\0' '\n' <"/proc/$old/cmdline" >arguments
	kill -9 "$old"
	wait_for 30 grep -q 'rida does not answer now' out || fail "nobody notices: $(cat out err)"
	set --
	while read -r argument; do
		set -- "$@" "$argument"
	done <arguments
	setsid "$@" </dev/null >>var/log/mariadbd 2>&1 &
	echo "$! $(sed 's/.*) //' "/proc/$!/stat" | cut -d' ' -f20)" >var/pids/mariadbd
	ends_ready 'the database was killed'
}

# queue COMMAND: bind, or read: the states of what has come, in that order.
queue() {
	python3 - "$1" "$RABBITMQ_PORT" <<-'END'
		import json, sys, pika
		command, port = sys.argv[1:]
		channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(port))).channel()
		if command == "bind":
		    channel.queue_declare("all", durable=True)
		    channel.queue_bind("all", "amq.topic", "#")
		else:
		    seen = set()
		    while True:
		        _, properties, body = channel.basic_get("all", auto_ack=False)
		        if body is None:
		            break
		        if properties.message_id not in seen:
		            seen.add(properties.message_id)
		            print(json.loads(body)["state_name"], end=" ")
	END
}

has_heard_all() {
	[ "$(queue read)" = 'init wait build done ready ' ]
}

# It is away until the module is ready, then has everything, in order.
the_broker() {
	start_rabbitmq
	queue bind
	begin RIDA_BUS_URL="amqp://127.0.0.1:$RABBITMQ_PORT"
	kill -9 "$RABBITMQ_PID"
	ends_ready 'the broker was killed'
	start_rabbitmq
	wait_for 90 has_heard_all || fail "the broker has heard: $(queue read)"
	stop_rabbitmq
}

pull_plugs() {
	PROGRAMS=$(cd var && pwd -P)/build
	T=$copy/broker
	mkdir -p "$T"
	run_tests a_scheduler_that_dies_again_and_again a_web_worker a_job the_database the_broker
	./quickstart stop
}
