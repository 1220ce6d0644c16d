# SPDX-License-Identifier: MIT
"""What bus: amqp does with a real RabbitMQ: bus_amqp.py TEST... runs the functions of these names."""
import json
import os
import random
import subprocess
import sys
import time

from bus_probe import TOPIC, Probe, Receiver, wait_until

sys.path.insert(0, os.environ["top_srcdir"] + "/tests/stub")
from broker import Broker  # noqa: E402

T = os.environ["T"]
PORT = os.environ["RABBITMQ_PORT"]
TLS_PORT = os.environ["RABBITMQ_TLS_PORT"]
URL = f"amqp://127.0.0.1:{PORT}/%2Fpubsub"
PIKA_URL = f"amqp://guest:guest@127.0.0.1:{PORT}/%2Fpubsub"
RIDA = {"url": URL, "user": "rida", "password_file": T + "/rida.password"}


def check(is_true, *words):
    if not is_true:
        raise AssertionError(" ".join(str(word) for word in words))


def same(found, expected):
    check(found == expected, "found", found, "and not", expected)


def control(*words):
    subprocess.run([T + "/rabbitmq/run", "rabbitmqctl", "-q", *words], check=True, timeout=60)


def verdicts_of(answer):
    return {name: text.split(" ", 1)[0] for name, text in answer[0].items()}


def arrive(receiver, expected):
    """These do, some perhaps twice, and no others."""
    found = set()
    limit = time.monotonic() + 20
    while found != expected and time.monotonic() < limit:
        found.update(receiver.ids(1, 1))
    same(found, expected)


def the_wire_format_is_fedora_messagings():
    with Receiver(PIKA_URL) as receiver, Probe("amqp", **RIDA) as bus:
        body = '{"id": 42, "state_name": "done", "text": "\\u00e9 < \u00e9"}'
        bus.message("5e9d8468-0000-4000-8000-000000000001", body)
        same(bus.send(), ({"5e9d8468-0000-4000-8000-000000000001": "accepted "}, True, ""))
        (method, properties, received), = receiver.take(1)
    same((method.exchange, method.routing_key), ("amq.topic", TOPIC))
    same(properties.content_type, "application/json")
    same(properties.content_encoding, "utf-8")
    same(properties.delivery_mode, 2)
    same(properties.message_id, "5e9d8468-0000-4000-8000-000000000001")
    same(properties.headers, {
        "fedora_messaging_schema": "base.message",
        "fedora_messaging_severity": 20,
        "sent-at": "2018-11-28T19:33:18+00:00",
        "fedora_messaging_user_ann": True,
        "fedora_messaging_module_bash": True,
    })
    same(received, body.encode())
    same(json.loads(received)["state_name"], "done")


def many_are_confirmed_and_come_in_order():
    with Receiver(PIKA_URL) as receiver, Probe("amqp", window=7, **RIDA) as bus:
        for batch in range(3):
            bus.many(f"b{batch}", 200, 1000)
            same(set(verdicts_of(bus.send()).values()), {"accepted"})
        same(receiver.ids(600), [f"b{batch}-{i}" for batch in range(3) for i in range(200)])


def what_nobody_wants_is_accepted_and_said_so():
    with Receiver(PIKA_URL, topic="org.example.module.wanted") as receiver, Probe("amqp", **RIDA) as bus:
        bus.message("wanted", topic="module.wanted")
        bus.message("unwanted", '{"pad": "' + "x" * 60000 + '"}', topic="module.unwanted")
        bus.message("wanted-too", topic="module.wanted")
        verdicts, is_good, _ = bus.send()
        check(is_good)
        same(verdicts["wanted"], "accepted ")
        same(verdicts["wanted-too"], "accepted ")
        same(verdicts["unwanted"], "accepted,unrouted no queue wants it: NO_ROUTE")
        same(receiver.ids(2), ["wanted", "wanted-too"])


def a_full_queue_delays_only_what_it_did_not_take():
    full = {"x_max_length": 2, "x_overflow": "reject-publish"}
    with Receiver(PIKA_URL, **full) as receiver, Probe("amqp", window=3, **RIDA) as bus:
        bus.many("m", 5)
        answer = bus.send()
        check(answer[1], answer)
        taken = receiver.ids(2)
        same(verdicts_of(answer), {f"m-{i}": "accepted" if f"m-{i}" in taken else "delayed" for i in range(5)})
        check("nack" in answer[0]["m-4"], answer)
        bus.message("m-4")
        same(verdicts_of(bus.send()), {"m-4": "accepted"})


def a_refused_topic_stops_only_its_message():
    with Receiver(PIKA_URL, topic="org.example.#") as receiver, Probe("amqp", window=8, **RIDA) as bus:
        for i in range(30):
            bus.message(f"m{i}", topic="secret" if i in (4, 5, 20) else "module.state.change")
        verdicts, is_good, error = bus.send()
        check(is_good, error)
        for i in range(30):
            same(verdicts[f"m{i}"].split(" ")[0], "refused" if i in (4, 5, 20) else "accepted")
        check("refused for user 'rida'" in verdicts["m4"] and "secret" in verdicts["m4"], verdicts["m4"])
        arrive(receiver, {f"m{i}" for i in range(30) if i not in (4, 5, 20)})


def what_can_never_be_sent_stops_only_itself():
    with Receiver(PIKA_URL) as receiver, Probe("amqp", window=50, **RIDA) as bus:
        bus.message("first")
        bus.message("large", '{"pad": "' + "x" * 70000 + '"}')
        bus.message("array", "[1]")
        bus.message("broken", "{")
        bus.message("topic", topic="t" * 255)
        bus.message("last")
        verdicts, is_good, error = bus.send()
        check(is_good, error)
        same({name: text.split(" ")[0] for name, text in verdicts.items()},
            {"first": "accepted", "large": "unfit", "array": "unfit", "broken": "unfit", "topic": "unfit", "last": "accepted"})
        check("larger than" in verdicts["large"], verdicts)
        arrive(receiver, {"first", "last"})


def an_exchange_that_is_not_there_is_named():
    with Probe("amqp", exchange="nowhere", **RIDA) as bus:
        bus.many("m", 3)
        verdicts, is_good, error = bus.send()
        check(is_good, error)
        for text in verdicts.values():
            check(text.startswith("refused ") and "no exchange 'nowhere'" in text, text)


def who_we_are_is_checked():
    wrong = T + "/wrong.password"
    with open(wrong, "w", encoding="ascii") as file:
        file.write("wrong\n")
    os.chmod(wrong, 0o600)
    cases = [
        ({**RIDA, "password_file": wrong}, "forbidden: ", "ACCESS_REFUSED"),
        ({**RIDA, "url": URL.replace("%2Fpubsub", "nowhere")}, "forbidden: ", "NOT_ALLOWED"),
        ({**RIDA, "url": f"amqp://127.0.0.1:{TLS_PORT}"}, "unavailable: ", TLS_PORT),
        ({**RIDA, "url": f"amqp://127.0.0.1:{os.environ['NOBODYS_PORT']}"}, "unavailable: ", os.environ["NOBODYS_PORT"]),
    ]
    for options, kind, words in cases:
        with Probe("amqp", timeout=5, **options) as bus:
            bus.message("m")
            start = time.monotonic()
            verdicts, is_good, error = bus.send()
            check(not is_good and error.startswith(kind) and words in error, error)
            same(verdicts, {"m": "unsent "})
            check(time.monotonic() - start < 7, "it took", time.monotonic() - start)


def options_that_make_no_sense_are_refused():
    for options in ({**RIDA, "url": "http://127.0.0.1/"}, {**RIDA, "password_file": ""}, {**RIDA, "exchange": "x" * 256}):
        try:
            bus = Probe("amqp", **options)
        except EOFError:
            check(False, "no answer for", options)
        check(not bus.is_good and "bus: amqp: " in bus.error, bus.error)
        bus.close()


def secured(**options):
    tls = T + "/tls/"
    return {"url": f"amqps://localhost:{TLS_PORT}/%2Fpubsub", "ca": tls + "authority.crt", "timeout": 5, **options}


def as_rida(name="rida"):
    return {"certificate": f"{T}/tls/{name}.crt", "key": f"{T}/tls/{name}.key"}


def tls_and_the_certificate_say_who_we_are():
    with Receiver(PIKA_URL) as receiver, Probe("amqp", **secured(**as_rida())) as bus:
        bus.many("m", 150, 3000)
        bus.message("secret", topic="secret")
        verdicts, is_good, error = bus.send()
        check(is_good, error)
        check("refused for user 'rida'" in verdicts["secret"], verdicts["secret"])
        arrive(receiver, {f"m-{i}" for i in range(150)})
    with Probe("amqp", **secured(user="rida", password_file=RIDA["password_file"])) as bus:
        bus.message("m")
        check(bus.send()[1])


def a_broker_that_is_not_who_it_should_be_gets_nothing():
    cases = [
        (secured(**as_rida(), url=f"amqps://127.0.0.1:{TLS_PORT}/%2Fpubsub"), "forbidden: "),
        (secured(**as_rida(), ca=T + "/tls/other.crt"), "forbidden: "),
        (secured(**as_rida(), ca=T + "/tls/none.crt"), "unacceptable: "),
        (secured(certificate=T + "/tls/none.crt"), "unacceptable: "),
        (secured(**as_rida("stranger")), "forbidden: "),
        (secured(**as_rida("forged")), "unavailable: "),
        (secured(**as_rida(), url=f"amqps://localhost:{PORT}"), "unavailable: "),
    ]
    for options, kind in cases:
        with Probe("amqp", **options) as bus:
            bus.message("m")
            verdicts, is_good, error = bus.send()
            check(not is_good and error.startswith(kind), options, error)
            same(verdicts, {"m": "unsent "})


def an_old_connection_is_made_anew():
    with Receiver(PIKA_URL) as receiver, Probe("amqp", **RIDA) as bus:
        bus.message("before")
        check(bus.send()[1])
        same(receiver.ids(1), ["before"])
        control("close_all_user_connections", "rida", "a test")
        bus.message("after")
        same(bus.send(), ({"after": "accepted "}, True, ""))
        same(receiver.ids(1), ["after"])


def a_broker_that_stops_gets_everything_after_its_return():
    with Receiver(PIKA_URL, "kept", durable=True) as receiver:
        pass
    with Probe("amqp", timeout=3, **RIDA) as bus:
        bus.message("before")
        check(bus.send()[1])
        control("stop_app")
        for _ in range(3):
            bus.message("during")
            start = time.monotonic()
            verdicts, is_good, error = bus.send()
            check(not is_good and error.startswith("unavailable: "), error)
            same(verdicts, {"during": "unsent "})
            check(time.monotonic() - start < 6, "it took", time.monotonic() - start)
        control("start_app")
        bus.message("during")
        bus.message("after")
        same(bus.send(), ({"during": "accepted ", "after": "accepted "}, True, ""))
    with Receiver(PIKA_URL, "kept", durable=True) as receiver:
        same(receiver.ids(3), ["before", "during", "after"])
        receiver.channel.queue_delete("kept")


def messages_that_are_kept():
    """Before the broker is killed."""
    with Receiver(PIKA_URL, "durable", durable=True), Probe("amqp", **RIDA) as bus:
        bus.many("m", 300, 500)
        same(set(verdicts_of(bus.send()).values()), {"accepted"})


def messages_were_kept():
    """After it, and what two builds had to say meanwhile: in the order of each build."""
    with open(T + "/outbox", encoding="ascii") as file:
        rows = [line.split() for line in file]
    builds = {build for _, build, _ in rows}
    with Receiver(PIKA_URL, "durable", durable=True) as receiver:
        same(receiver.ids(300), [f"m-{i}" for i in range(300)])
        messages = [(properties.message_id, json.loads(body)) for _, properties, body in receiver.take(len(rows))]
        same(len(builds), 2)
        for build in builds:
            expected = [name for name, owner, _ in rows if owner == build]
            same([name for name, body in messages if str(body["id"]) == build], expected)
            states = [body["state_name"] for _, body in messages if str(body["id"]) == build]
            same(states, ["init", "wait", "build", "done", "ready"])


def a_broker_that_blocks_is_given_up_in_time():
    with Probe("amqp", timeout=1, **RIDA) as bus:
        bus.message("before", topic="module.x")
        check(bus.send()[1])
        control("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            bus.many("m", 200, 60000)
            start = time.monotonic()
            verdicts, is_good, error = bus.send()
            check(not is_good and error.startswith("unavailable: "), error)
            check(time.monotonic() - start < 5, "it took", time.monotonic() - start)
            check("unsent" in verdicts["m-199"])
            bus.many("m", 3)
            _, is_good, error = bus.send()
            check(not is_good and "low on memory" in error, error)
        finally:
            control("set_vm_memory_high_watermark", "absolute", "1GB")
        bus.many("m", 3)
        same(set(verdicts_of(bus.send()).values()), {"accepted,unrouted"})


def what_others_say_is_taken_once():
    listening = {**RIDA, "queue": "5e9d8468-0000-4000-8000-00000000aaaa", "topic": ["org.other.#", "buildsys.tag"]}
    with Receiver(PIKA_URL, topic=None) as sender, Probe("amqp", **listening) as bus:
        same(bus.take(), ([], True, ""))
        sender.publish("org.other.done", '{"a": 1}')
        sender.publish("org.unheard", "{}")
        sender.publish("org.other.large", "x" * 65000)
        sender.publish("buildsys.tag", b"\xff not even text")
        sender.holds(listening["queue"], 3)
        same(bus.take(2)[0][0], ("org.other.done", '{"a": 1}'))
        hints, is_good, error = bus.take()
        check(is_good, error)
        same([topic for topic, _ in hints], ["buildsys.tag"])
        check(bus.acknowledge())
        sender.publish("buildsys.tag", "{}")
        sender.holds(listening["queue"], 1)
        same(bus.take(), ([("buildsys.tag", "{}")], True, ""))
    with Probe("amqp", **listening) as bus:
        same(bus.take()[0], [("buildsys.tag", "{}")])
        bus.message("m")
        check(bus.send()[1], "sending while a message is taken")
        control("close_all_user_connections", "rida", "a test")
        bus.acknowledge()
        wait_until(lambda: bus.take()[0] == [("buildsys.tag", "{}")])
        check(bus.acknowledge())
        same(bus.take(), ([], True, ""))


def a_queue_that_others_made_is_used_as_it_is():
    with Receiver(PIKA_URL, "others", topic="x.y", x_max_length=10, durable=True) as sender:
        listening = {"url": URL, "user": "listener", "password_file": T + "/listener.password", "queue": "others"}
        with Probe("amqp", **listening) as bus:
            sender.publish("x.y", "{}")
            sender.holds("others", 1)
            same(bus.take(), ([("x.y", "{}")], True, ""))
            check(bus.acknowledge())
        with Probe("amqp", topic=["x.z"], **listening) as bus:
            hints, is_good, error = bus.take()
            check(not is_good and error.startswith("forbidden: "), error)
        with Probe("amqp", **{**listening, "queue": "nowhere"}) as bus:
            hints, is_good, error = bus.take()
            check(not is_good and "no queue 'nowhere'" in error, error)
            same(hints, [])
        sender.channel.queue_delete("others")
    with Probe("amqp", **RIDA) as bus:
        check(bus.take()[2].startswith("unsupported: "))


class Odd:
    """A bus at a stand-in that misbehaves by this plan."""

    def __init__(self, timeout=1, window=100, queue="", **plan):
        self.broker = Broker(random.Random(1), [plan])
        self.bus = Probe("amqp", url=f"amqp://127.0.0.1:{self.broker.port}", timeout=timeout, window=window, queue=queue)

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.bus.__exit__(*rest)
        self.broker.stop()

    def send(self, least, most, seconds=20):
        start = time.monotonic()
        answer = self.bus.send(seconds)
        took = time.monotonic() - start
        check(least <= took <= most, "it took", took, answer[1:])
        return answer


def a_confirmation_of_several_counts_for_those_only():
    with Odd(half=10) as odd:
        odd.bus.many("m", 30)
        verdicts, is_good, error = odd.send(0, 5)
        check(not is_good and error.startswith("unavailable: "), error)
        same(verdicts, {f"m-{i}": "accepted " if i < 5 else "unsent " for i in range(30)})


def confirmations_in_any_order_are_understood():
    with Odd(lazy=True, nack=0.3, unwanted=0.3) as odd:
        odd.bus.many("m", 500)
        verdicts, is_good, error = odd.send(0, 20)
        check(is_good, error)
        kept = {name for name, _ in odd.broker.kept}
        for name, text in verdicts.items():
            same(text.split(" ")[0].split(",")[0], "accepted" if name in kept else "delayed")


def the_message_that_a_connection_is_closed_for_is_found():
    with Odd(poison="m-7") as odd:
        odd.bus.many("m", 50)
        verdicts, is_good, error = odd.send(0, 10)
        check(is_good, error)
        same({name for name, text in verdicts.items() if text.startswith("accepted ")}, {f"m-{i}" for i in range(50)} - {"m-7"})
        check(verdicts["m-7"].startswith("refused UNEXPECTED_FRAME"), verdicts["m-7"])


def nobody_is_waited_for_longer_than_the_time_out():
    # The sockets do not hold all that the silent one is given, so that sending itself has to be ended.
    for plan, words in (({"mute": True}, "logging in"), ({"silent": True}, "sending"), ({"lose": 1}, "confirmed nothing")):
        with Odd(window=1000, **plan) as odd:
            odd.bus.many("m", 300, 60000)
            verdicts, is_good, error = odd.send(0.9, 8)
            check(not is_good and error.startswith("unavailable: ") and words in error, plan, error)
            same(set(verdicts.values()), {"unsent "})


def a_deadline_ends_it_earlier():
    with Odd(timeout=30, lose=1) as odd:
        odd.bus.many("m", 300, 60000)
        verdicts, is_good, error = odd.send(0.9, 4, 1)
        check(is_good, error)
        same(set(verdicts.values()), {"unsent "})
    with Odd(timeout=30, mute=True) as odd:
        odd.bus.message("m")
        check(not odd.send(0.5, 4, 1)[1])


def memory_of(bus):
    """The most that it has had, in MB."""
    with open(f"/proc/{bus.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def b02_what_a_broker_forges_is_ignored_or_ends_the_connection():
    for forged in ("heartbeat", "of another channel", "the tag 0", "content unasked", "a message unasked"):
        with Odd(forge=forged, nack=0.5) as odd:
            odd.bus.many("m", 20)
            verdicts, is_good, error = odd.send(0, 5)
            check(is_good, forged, error)
            kept = {name for name, _ in odd.broker.kept}
            same({name for name, text in verdicts.items() if text.startswith("accepted")}, kept)
            check(0 < len(kept) < 20, "not a mixture:", kept)
    for forged in ("4 GB", "128 MB", "no end", "no such method", "cut short", "no AMQP"):
        with Odd(forge=forged) as odd:
            odd.bus.many("m", 3)
            verdicts, is_good, error = odd.send(0, 5)
            check(not is_good and error.startswith("unavailable: "), forged, error)
            same(set(verdicts.values()), {"unsent "})
            check(memory_of(odd.bus) < 200, forged, memory_of(odd.bus), "MB")


def b02_a_broker_that_talks_without_end_is_ended():
    for flood in ("heartbeat", "of another channel"):
        with Odd(flood=flood, lose=1) as odd:
            odd.bus.many("m", 3)
            verdicts, is_good, error = odd.send(0.9, 5)
            check(not is_good and error.startswith("unavailable: "), flood, error)
            same(set(verdicts.values()), {"unsent "})


def b02_a_body_without_end_is_not_kept():
    with Odd(queue="any") as odd:
        start = time.monotonic()
        hints, is_good, error = odd.bus.take()
        check(not is_good and error.startswith("unavailable: ") and "in time" in error, error)
        same(hints, [])
        check(0.9 < time.monotonic() - start < 5, "it took", time.monotonic() - start)
        check(memory_of(odd.bus) < 200, memory_of(odd.bus), "MB")


def what_is_too_long_for_a_hint_is_taken_and_counts():
    with Odd(queue="any", oversized=5) as odd:
        for limit, given in ((2, 2), (100, 5)):
            same(odd.bus.take(limit), ([], True, ""))
            same(odd.broker.given, given)
        check(odd.bus.acknowledge())
        wait_until(lambda: odd.broker.done == 5)


def how_fast_it_is():
    with Receiver(PIKA_URL), Probe("amqp", window=100, **RIDA) as bus:
        for size in (200, 4000):
            bus.many("m", 10000, size)
            bus.say("count", 60)
            print(f"of {size} bytes:", bus.answer()[0][0], file=sys.stderr)


for name in sys.argv[1:]:
    begin = time.monotonic()
    globals()[name]()
    print(f"{os.path.basename(sys.argv[0])}: ok {name} ({time.monotonic() - begin:.1f} s)", file=sys.stderr)
