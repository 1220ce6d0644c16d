# SPDX-License-Identifier: MIT
"""Brokers that die, are slow, lose confirmations, nack and return."""
import json
import os
import sys
import time

import pika

import invariants
from proxy import Proxy
from rows import Violation, row
from world import SRC

sys.path.insert(0, f"{SRC}/tests/stub")
from broker import Broker  # noqa: E402

SEQS = 10
WAIT, FAILED = 1, 4
PASSES = 400
PASS_SECONDS = 25  # of one pass, whatever the broker does: budget, time-out, and a machine under load

# What the stand-in does meanwhile; chances are of each message.
PLANS = (
    {},
    {"lazy": True},
    {"lazy": True, "nack": 0.2},
    {"unwanted": 0.3},
    {"refuse": 0.02},
    {"refuse": 0.2, "lazy": True},
    {"cut": 0.01},
    {"cut_kept": 0.01, "lazy": True},
    {"end": 0.01},
    {"lose": 0.005},
    {"forget": 0.005, "lazy": True},
    {"slow": 0.02},
    {"mute": True},
    {"down": True},
    {"silent": True},
    {"nack": 1},
    {"lose": 0.002, "nack": 0.05, "refuse": 0.01, "unwanted": 0.05, "cut": 0.002, "cut_kept": 0.002, "lazy": True},
)

# What the network does to a real broker; of answers and questions in bytes.
TROUBLES = (
    {},
    {"cut": 600},
    {"cut": 2000, "reset": True},
    {"ask_cut": 3000},
    {"ask_cut": 40000},
    {"half": 900},
    {"delay": (0.0, 0.02)},
    {"rate": 3000.0},
    {"hole": True},
    {"refuse": True},
    {"corrupt": 700},
)


def insert(world, builds):
    """Builds that have failed and were resumed again and again, whose messages all wait."""
    world.sql("INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, verification, owner, scmurl, "
              "`commit`, builder, dist, event_seq, is_prepared, is_gate_open, is_cleaned, submitted_at, modified_at) "
              "SELECT UUID(), CONCAT('module-', seq), 'main', seq, '00000000', %s, '', 1, 'ann', 'https://git.example/x', "
              f"SHA1(seq), 'memory', '', {SEQS}, TRUE, FALSE, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) "
              f"FROM seq_1_to_{builds}", FAILED)
    world.sql("INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at) SELECT b.id, s.seq, s.seq, "
              f"IF(s.seq = 1, NULL, IF(s.seq % 2, {WAIT}, {FAILED})), IF(s.seq % 2, {FAILED}, {WAIT}), '', '', UTC_TIMESTAMP(6) "
              f"FROM builds b JOIN seq_1_to_{SEQS} s")
    world.sql("INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at) SELECT t.build_id, t.seq, UUID(), "
              "'module.state.change', JSON_OBJECT('id', t.build_id, 'seq', t.seq, 'state', t.to_state, 'pad', "
              "REPEAT('x', (t.build_id * 7 + t.seq) % 900)), UTC_TIMESTAMP(6) FROM trace t ORDER BY t.seq, t.build_id")


def left(world):
    """Messages that are still to be sent, which may be tried now."""
    world.sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6), retry_at = NULL, failures = 0")
    world.sql("UPDATE outbox SET next_try_at = NULL WHERE sent_at IS NULL")
    return world.one("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL")


def send_all(world, case, prepare):
    """Passes, some of which are killed, until all is sent."""
    for number in range(PASSES):
        if not left(world):
            return
        prepare(number)
        began = time.monotonic()
        process = world.scheduler()
        if case.random.random() < 0.15:
            time.sleep(case.random.random() * 0.3)
            process.kill()
        process.wait(120)
        if time.monotonic() - began > PASS_SECONDS:
            raise Violation(f"a pass took {time.monotonic() - began:.0f} s: {world.said()[-1000:]}")
        if process.returncode not in (0, 75, -9):
            raise Violation(f"a pass ended with {process.returncode}: {world.said()[-2000:]}")
    raise Violation(f"{left(world)} messages are left after {PASSES} passes: {world.said()[-2000:]}")


def judge(world, kept):
    """Each message is there, as it was written, and no earlier one of its build came after it for the first time."""
    rows = {name: (build, seq, body) for name, build, seq, body in
            world.sql("SELECT msg_id, build_id, seq, body FROM outbox")}
    seen, last = set(), {}
    for name, body in kept:
        if name not in rows:
            raise Violation(f"nobody sent the message {name}")
        build, seq, expected = rows[name]
        if json.loads(body) != json.loads(expected):
            raise Violation(f"message {seq} of build {build} came as {body!r}")
        if name in seen:
            continue
        seen.add(name)
        if seq != last.get(build, 0) + 1:
            raise Violation(f"message {seq} of build {build} came after {last.get(build, 0)}")
        last[build] = seq
    if len(seen) != len(rows):
        raise Violation(f"{len(rows) - len(seen)} of {len(rows)} messages are lost")
    for name, statement in invariants.STATEMENTS:
        if name.startswith("I3") and (found := world.sql(statement)):
            raise Violation(f"{name}: {found[:3]}")
    if world.one("SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL"):
        raise Violation("a message is dead")
    return len(rows)


def begin(world, case, port, vhost=""):
    secret = f"{world.folder}/rida.password"
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write("rida\n")
    world.begin(bus="amqp", bus_url=f"amqp://127.0.0.1:{port}/{vhost}", bus_user="rida", bus_password_file=secret,
                bus_topic_prefix="org.example", bus_timeout=1, bus_budget=3, bus_tries=1000,
                bus_window=case.random.choice((1, 7, 100, 1000)))


@row("B01-odd", "a broker that dies, is slow, loses confirmations, nacks, refuses and returns", floor=80000, check=1000)
def b01_odd(world, case):
    broker = Broker(case.random, PLANS)
    try:
        begin(world, case, broker.port)
        insert(world, 100)
        send_all(world, case, lambda number: None)
        return judge(world, broker.kept)
    finally:
        world.stop_all()
        broker.stop()


def real_broker(world):
    """RabbitMQ, started once for all cases of a world."""
    if not hasattr(world, "rabbitmq"):
        world.ground.run('. "$top_srcdir/tests/lib/rabbitmq.sh"; start_rabbitmq')
        world.rabbitmq = world.ground.run('echo "$RABBITMQ_PORT"').strip()
    return int(world.rabbitmq)


def kill_broker(world):
    world.ground.run('kill -9 "$RABBITMQ_PID"; wait_for 20 is_gone "$RABBITMQ_PID"; start_rabbitmq')


class Queue:
    """Where messages are kept at RabbitMQ until they are looked at."""

    def __init__(self, port, limit):
        self.url = f"amqp://guest:guest@127.0.0.1:{port}/%2F"
        self.kept = []
        self.connect()
        self.channel.queue_delete("b01")
        self.channel.queue_declare("b01", durable=True, arguments={"x-max-length": limit, "x-overflow": "reject-publish"})
        self.channel.queue_bind("b01", "amq.topic", "org.example.#")

    def connect(self):
        self.connection = pika.BlockingConnection(pika.URLParameters(self.url))
        self.channel = self.connection.channel()

    def empty(self):
        while True:
            method, properties, body = self.channel.basic_get("b01", auto_ack=True)
            if not method:
                return
            self.kept.append((properties.message_id, body))


@row("B01-real", "RabbitMQ behind a bad network, with a queue that fills up, and killed", floor=20000, check=0,
     needs=("epmd", "erl"))
def b01_real(world, case):
    port = real_broker(world)
    queue = Queue(port, case.random.choice((150, 100000)))
    front = f"127.0.0.1:{front_port(world)}"
    proxy = Proxy(front, f"127.0.0.1:{port}", case.random.random())
    kills = case.random.sample(range(2, 12), 1)
    try:
        begin(world, case, front.rsplit(":", 1)[1], "%2F")
        insert(world, 300)

        def prepare(number):
            if number in kills:
                queue.connection.close()
                kill_broker(world)
                queue.connect()
            queue.empty()
            proxy.set(**({} if number % 3 == 2 else case.random.choice(TROUBLES)))
        send_all(world, case, prepare)
        queue.empty()
        return judge(world, queue.kept)
    finally:
        world.stop_all()
        proxy.stop()
        queue.connection.close()


def front_port(world):
    return world.ground.run("free_port").strip()
