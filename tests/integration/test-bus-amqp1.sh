#!/bin/sh
# SPDX-License-Identifier: MIT
# bus: amqp1 with RabbitMQ, which speaks AMQP 1.0 too, looked at from the other side with python3-qpid-proton.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/certificates.sh"
. "$top_srcdir/tests/lib/rabbitmq.sh"
need openssl
grep -q '^#define WITH_AMQP1 1' "$top_builddir/config.h" || exit 77

make_ca authority
make_ca other
make_certificate broker authority DNS:localhost
make_certificate rida authority DNS:client
for user in rida guest; do
	(umask 077 && echo "$user" >"$T/$user.password")
done
RABBITMQ_PLUGINS=rabbitmq_amqp1_0
start_rabbitmq tls
export RABBITMQ_PORT RABBITMQ_TLS_PORT

check_bus() {
	python3 -B "$top_srcdir/tests/integration/bus_amqp1.py" "$@" || fail "$* (see above; $(launched_log rabbitmq))"
}

check_bus another_library_reads_what_was_sent who_we_are_is_checked h3_a_broker_that_is_not_who_it_should_be_hears_nothing \
	a_session_that_breaks_is_told messages_that_are_kept

# What was accepted is on the broker's disks.
kill -9 "$RABBITMQ_PID"
wait_for 10 is_gone "$RABBITMQ_PID"
check_bus a_broker_that_is_away_is_told
start_rabbitmq
check_bus messages_were_kept
