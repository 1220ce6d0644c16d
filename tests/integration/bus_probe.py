# SPDX-License-Identifier: MIT
"""Drives bus_probe, and receives with python3-pika what it sends."""
import os
import subprocess
import time

import pika

TOPIC = "org.example.module.state.change"


class Probe:
    """A bus. Each answer is (lines, is_good, error)."""

    def __init__(self, bus, **options):
        program = os.path.join(os.environ["top_builddir"], "tests/integration/bus_probe")
        words = [word for name, value in options.items() for word in option(name, value)]
        self.process = subprocess.Popen([program, bus, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, errors="replace")
        self.lines, self.is_good, self.error = self.answer()

    def answer(self):
        lines = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError("bus_probe has ended")
            line = line.rstrip("\n")
            if line == "true" or line.startswith("false "):
                return lines, line == "true", line[6:]
            lines.append(line)

    def say(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def message(self, name, body="{}", topic="module.state.change"):
        self.say("message", name, topic, body)

    def many(self, prefix, count, size=0):
        self.say("many", prefix, count, size)

    def start(self, seconds=20):
        self.say("send", seconds)

    def end(self):
        """What start() came to: (verdict and problem by id, is_good, error)."""
        lines, is_good, error = self.answer()
        verdicts = dict(line.split(" ", 1) for line in lines)
        return verdicts, is_good, error

    def send(self, seconds=20):
        self.start(seconds)
        return self.end()

    def take(self, limit=100):
        self.say("take", limit)
        lines, is_good, error = self.answer()
        return [tuple(line.split(" ", 1)) for line in lines], is_good, error

    def acknowledge(self):
        self.say("acknowledge")
        return self.answer()[1]

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(30)
        self.process.stdout.close()
        assert status == 0, f"bus_probe ended with {status}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if kind:
            self.process.kill()
        self.close() if not kind else self.process.wait()


def option(name, value):
    values = value if isinstance(value, list) else [value]
    return [word for one in values for word in ("--" + name.replace("_", "-"), str(one))]


def wait_until(condition, seconds=20):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("it was waited for in vain")
        time.sleep(0.05)


class Receiver:
    """A queue of our own at the broker, bound to a topic."""

    def __init__(self, url, queue="", topic=TOPIC, exchange="amq.topic", durable=False, **arguments):
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        declared = self.channel.queue_declare(queue, durable=durable, exclusive=not durable,
            arguments={name.replace("_", "-"): value for name, value in arguments.items()})
        self.queue = declared.method.queue
        if topic:
            self.channel.queue_bind(self.queue, exchange, topic)

    def take(self, count, seconds=20):
        """Until so many have come: (method, properties, body) of each."""
        messages = []
        limit = time.monotonic() + seconds
        while len(messages) < count and time.monotonic() < limit:
            message = self.channel.basic_get(self.queue, auto_ack=True)
            if message[0]:
                messages.append(message)
            else:
                time.sleep(0.02)
        return messages

    def ids(self, count, seconds=20):
        return [message[1].message_id for message in self.take(count, seconds)]

    def publish(self, topic, body):
        self.channel.basic_publish("amq.topic", topic, body)

    def holds(self, queue, count):
        """Waits until a queue has so many messages that nobody has taken."""
        wait_until(lambda: self.channel.queue_declare(queue, passive=True).method.message_count == count)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        if self.connection.is_open:
            self.close()
