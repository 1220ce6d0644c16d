# SPDX-License-Identifier: MIT
"""What bus: amqp1 does with RabbitMQ's AMQP 1.0, and what python3-qpid-proton reads of it. Run by test-bus-amqp1.sh.

    bus_amqp1.py CHECK...
"""
import os
import sys
import time

import pika
from proton.utils import BlockingConnection

import bus_probe

T = os.environ["T"]
PORT = os.environ["RABBITMQ_PORT"]
TLS_PORT = os.environ["RABBITMQ_TLS_PORT"]


def probe(**options):
    return bus_probe.Probe("amqp1", **{
        "url": f"amqp://127.0.0.1:{PORT}", "user": "guest", "password_file": f"{T}/guest.password", **options})


def other_side():
    return BlockingConnection(f"amqp://guest:guest@127.0.0.1:{PORT}", timeout=20, allowed_mechs="PLAIN")


def read(queue, count):
    connection = other_side()
    receiver = connection.create_receiver(queue, credit=count)
    messages = []
    for _ in range(count):
        messages.append(receiver.receive(timeout=20))
        receiver.accept()
    connection.close()
    return messages


def all_accepted(bus, count):
    verdicts, is_good, error = bus.send()
    assert is_good, error
    assert len(verdicts) == count and set(verdicts.values()) <= {"accepted", "accepted "}, verdicts


def another_library_reads_what_was_sent():
    with probe(address="/queue/one") as bus:
        bus.message("first", '{"id": 7, "state_name": "ready", "name": "bash", "stream": "f40", "state": 5}')
        bus.many("m", 500, 100)
        all_accepted(bus, 501)
    messages = read("/queue/one", 501)
    assert [message.id for message in messages] == ["first"] + [f"m-{number}" for number in range(500)]
    first = messages[0]
    assert first.durable and first.subject == bus_probe.TOPIC, first
    assert first.properties == {"id": 7, "state_name": "ready", "name": "bash", "stream": "f40", "state": 5}, first
    assert '"ready"' in first.body, first


def who_we_are_is_checked():
    with open(f"{T}/wrong.password", "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write("wrong\n")
    with probe(address="/queue/one", password_file=f"{T}/wrong.password") as bus:
        bus.message("m")
        verdicts, is_good, error = bus.send()
        assert not is_good and verdicts["m"].startswith("unsent"), (verdicts, error)
    # The topics that rida may publish to begin with org.example.module.
    with probe(address="/topic/elsewhere", user="rida", password_file=f"{T}/rida.password", timeout=3) as bus:
        bus.message("m")
        verdicts, is_good, error = bus.send()
        assert not verdicts["m"].startswith("accepted"), (verdicts, error)


def h3_a_broker_that_is_not_who_it_should_be_hears_nothing():
    secure = {"address": "/queue/secure", "user": "", "certificate": f"{T}/tls/rida.crt", "key": f"{T}/tls/rida.key"}
    for where, authority in (("localhost", "other"), ("127.0.0.1", "authority")):
        with probe(url=f"amqps://{where}:{TLS_PORT}", ca=f"{T}/tls/{authority}.crt", **secure) as bus:
            bus.message("forged")
            verdicts, is_good, error = bus.send()
            assert not is_good and verdicts["forged"].startswith("unsent"), (verdicts, error)
            assert "certificate" in error.lower(), error
    with probe(url=f"amqps://localhost:{TLS_PORT}", ca=f"{T}/tls/authority.crt", **secure) as bus:
        bus.message("sure")
        all_accepted(bus, 1)
    assert [message.id for message in read("/queue/secure", 1)] == ["sure"]


def a_session_that_breaks_is_told():
    """RabbitMQ 3.10 fails when it is asked to drain a queue."""
    start = time.monotonic()
    with probe(address="/queue/one", queue="/queue/one") as bus:
        _, is_good, error = bus.take()
        assert is_good or "amqp:internal-error" in error, error
    assert time.monotonic() - start < 8


def kept_queue():
    """A queue that is kept: one that only AMQP 1.0 knows of is not."""
    connection = pika.BlockingConnection(pika.URLParameters(f"amqp://guest:guest@127.0.0.1:{PORT}"))
    channel = connection.channel()
    channel.queue_declare("kept", durable=True)
    return channel


def messages_that_are_kept():
    kept_queue()
    with probe(address="/amq/queue/kept") as bus:
        bus.many("kept", 50)
        all_accepted(bus, 50)


def messages_were_kept():
    channel = kept_queue()
    ids = [channel.basic_get("kept", auto_ack=True)[1].message_id for _ in range(50)]
    assert ids == [f"kept-{number}" for number in range(50)], ids


def a_broker_that_is_away_is_told():
    start = time.monotonic()
    with probe(address="/queue/one") as bus:
        bus.message("away")
        verdicts, is_good, error = bus.send()
        assert not is_good and "cannot be reached" in error, (verdicts, error)
    assert time.monotonic() - start < 10


for check in sys.argv[1:]:
    globals()[check]()
    print(f"ok {check}", file=sys.stderr)
