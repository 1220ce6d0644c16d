#!/bin/sh
# SPDX-License-Identifier: MIT
# bus: amqp with a real RabbitMQ, looked at from the other side with python3-pika, and with a stand-in that misbehaves.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/certificates.sh"
. "$top_srcdir/tests/lib/rabbitmq.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
need openssl

make_ca authority
make_ca other
make_certificate broker authority DNS:localhost
make_certificate rida authority DNS:client
make_certificate stranger authority DNS:client
make_certificate forged other DNS:client
for user in rida listener; do
	(umask 077 && echo "$user" >"$T/$user.password")
done
start_rabbitmq tls
NOBODYS_PORT=$(free_port)
export RABBITMQ_PORT RABBITMQ_TLS_PORT NOBODYS_PORT

check_bus() {
	python3 -B "$top_srcdir/tests/integration/bus_amqp.py" "$@" || fail "$* (see above; $(launched_log rabbitmq))"
}

check_bus the_wire_format_is_fedora_messagings many_are_confirmed_and_come_in_order \
	what_nobody_wants_is_accepted_and_said_so a_full_queue_delays_only_what_it_did_not_take \
	a_refused_topic_stops_only_its_message what_can_never_be_sent_stops_only_itself \
	an_exchange_that_is_not_there_is_named who_we_are_is_checked options_that_make_no_sense_are_refused \
	tls_and_the_certificate_say_who_we_are a_broker_that_is_not_who_it_should_be_gets_nothing \
	an_old_connection_is_made_anew a_broker_that_blocks_is_given_up_in_time what_others_say_is_taken_once \
	a_queue_that_others_made_is_used_as_it_is a_broker_that_stops_gets_everything_after_its_return
check_bus a_confirmation_of_several_counts_for_those_only confirmations_in_any_order_are_understood \
	the_message_that_a_connection_is_closed_for_is_found nobody_is_waited_for_longer_than_the_time_out \
	a_deadline_ends_it_earlier b02_what_a_broker_forges_is_ignored_or_ends_the_connection \
	b02_a_broker_that_talks_without_end_is_ended b02_a_body_without_end_is_not_kept \
	what_is_too_long_for_a_hint_is_taken_and_counts

"$top_builddir/tests/contract/test_bus" amqp "amqp://127.0.0.1:$RABBITMQ_PORT" || fail "the contract of buses"

# What was confirmed is on the broker's disks; what happens while it is away comes after its return.
bus_is_drained() {
	pass && expect "messages that wait" "$(sql 'SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL')" 0
}

start_scheduler_db 'bus: amqp' "bus_url: amqp://127.0.0.1:$RABBITMQ_PORT/%2Fpubsub" 'bus_user: rida' \
	"bus_password_file: $T/rida.password" 'bus_topic_prefix: org.example' 'bus_timeout: 2' 'bus_listen_queue: ""'
check_bus messages_that_are_kept
kill -9 "$RABBITMQ_PID"
wait_for 10 is_gone "$RABBITMQ_PID"
for name in good better; do
	insert 1 "$name" bash:0:ms-0 zsh:1:ms-0 >>"$T/builds"
done
while read -r id; do
	reach "$id" ready
done <"$T/builds"
expect "messages sent while nobody was there" "$(sql 'SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL')" 0
start_rabbitmq
wait_for 60 bus_is_drained || fail "messages wait: $(sql 'SELECT build_id, seq, problem FROM outbox WHERE sent_at IS NULL')"
sql 'SELECT msg_id, build_id, seq FROM outbox ORDER BY event_no' >"$T/outbox"
check_bus messages_were_kept

# A lingering scheduler hears Koji on the bus: a build that is to be looked at in an hour is looked at now.
start_scheduler_heard() {
	configure_scheduler 'bus: amqp' "bus_url: amqp://127.0.0.1:$RABBITMQ_PORT/%2Fpubsub" 'bus_user: rida' \
		"bus_password_file: $T/rida.password" 'bus_topic_prefix: org.example' 'bus_timeout: 2' 'due_local: 3600' \
		'bus_listen_queue: heard' 'bus_listen_topics: [org.koji.buildsys.#]'
	launch lingering "$top_builddir/scheduler/rida-scheduler" --config "$RIDA_CONFIG" --linger 60
}
waits_for_task() {
	[ "$(sql "SELECT COUNT(*) FROM claims JOIN components USING (build_id) WHERE build_id = $ID AND name = 'bash' AND task_id > 0 AND due_at > UTC_TIMESTAMP(6) + INTERVAL 50 MINUTE AND lease_until IS NULL")" = 1 ]
}
# say BODY: as Koji would; the queue is there once the scheduler listens.
say() {
	python3 - "$RABBITMQ_PORT" "$1" <<-'END'
		import sys, pika
		place = pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]), "/pubsub", pika.PlainCredentials("guest", "guest"))
		channel = pika.BlockingConnection(place).channel()
		channel.queue_declare("heard", passive=True)
		channel.basic_publish("amq.topic", "org.koji.buildsys.build.state.change", sys.argv[2].encode())
	END
}
says_it_and_is_ready() {
	say "{\"instance\": \"primary\", \"task_id\": $task, \"new\": 1}" && [ "$(state_of "$ID")" = ready ]
}
ID=$(insert 1 heard bash:0:ms-100)
start_scheduler_heard
wait_for 20 waits_for_task || fail "no task is waited for: $(launched_log lingering)"
task=$(sql "SELECT task_id FROM components WHERE build_id = $ID AND name = 'bash'")
for nonsense in '' '[' '{"task_id": 999999}' '{"task_id": "x"}' "{\"instance\": \"other\", \"task_id\": $task}"; do
	wait_for 10 say "$nonsense" || fail "nobody listens: $(launched_log lingering)"
done
wait_for 20 says_it_and_is_ready || fail "the build is $(state_of "$ID"): $(launched_log lingering)"
stop "$LAUNCHED"
