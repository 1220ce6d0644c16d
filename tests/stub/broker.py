# SPDX-License-Identifier: MIT
"""A broker of AMQP 0-9-1 that keeps what it is given, and misbehaves as it is told:

    broker = Broker(random.Random(1), [{"nack": 0.1, "lose": 0.01}, {}])
    ... amqp://127.0.0.1:{broker.port} ...
    broker.kept                      # (message id, body) in the order in which it took responsibility
    broker.stop()

It goes on with another of its plans, by chance, with each connection and every now and then. A plan has chances, of each
message: nack; lose (it is kept, but not confirmed); forget (neither); refuse (not kept, the channel is
closed); unwanted (it is returned, and kept); cut (the connection ends before it is kept) and cut_kept (after); end (the
broker closes the connection, as for a shutdown). And: slow (seconds for each piece that is read), mute (no greeting),
down (connections end at once), silent (nothing is read after a first message), lazy (confirmations come late, several at
once, or in another order), half (after so many messages half of them are confirmed at once, and the connection ends),
poison (the connection is closed for the message of this id), forge (one of FORGED is said before each confirmation),
flood (one of FORGED is said without end after a first message). Whoever takes from a queue is given a message whose body
does not end, or with "oversized" so many messages of 2 MB; broker.given and broker.done are how many were taken, and
acknowledged."""
import asyncio
import struct
import threading

from pika import frame, spec

VERSION = b"AMQP\x00\x00\x09\x01"
CHUNK = 65536
ENDLESS = 1 << 62

# What no broker says.
FORGED = {
    "heartbeat": frame.Heartbeat().marshal(),
    "of another channel": frame.Method(7, spec.Basic.Ack(1, True)).marshal(),
    "the tag 0": frame.Method(1, spec.Basic.Ack(0, True)).marshal(),
    "content unasked": frame.Header(1, 5, spec.BasicProperties()).marshal() + frame.Body(1, b"12345").marshal(),
    "a message unasked": frame.Method(2, spec.Basic.Deliver("", 1, False, "", "")).marshal(),
    "4 GB": struct.pack(">BHI", 1, 1, 0xFFFFFFFF),
    "128 MB": struct.pack(">BHI", 3, 1, 1 << 27),
    "no end": frame.Method(1, spec.Basic.Ack(1)).marshal()[:-1] + b"\0",
    "no such method": struct.pack(">BHIHHB", 1, 1, 4, 9999, 1, 0xCE),
    "cut short": struct.pack(">BHIHHB", 1, 1, 4, 60, 80, 0xCE),
    "no AMQP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}
PLAN_MESSAGES = 150  # at most


class Gone(Exception):
    """The connection has ended."""


class Link:
    """One connection."""

    def __init__(self, broker, reader, writer):
        self.broker, self.reader, self.writer = broker, reader, writer
        self.data = b""
        self.begin()

    def begin(self):
        """A channel is open: nothing is published yet."""
        self.tag = 0
        self.publish = self.head = None
        self.body = b""
        self.is_closing = False
        self.due = []        # tags to confirm: (tag, is it taken)
        self.is_sure = True  # nothing was left out, and all is in order: many can be confirmed at once

    def chance(self, what):
        return self.broker.random.random() < self.broker.plan.get(what, 0)

    def write(self, channel, method):
        self.writer.write(frame.Method(channel, method).marshal())

    async def read(self):
        """The next frame."""
        while True:
            used, value = frame.decode_frame(self.data)
            if value:
                self.data = self.data[used:]
                return value
            if self.tag and self.broker.plan.get("silent"):
                await asyncio.sleep(3600)
            self.confirm()
            await self.writer.drain()
            piece = await self.reader.read(CHUNK)
            if not piece:
                raise Gone
            self.data += piece
            if self.broker.plan.get("slow"):
                await asyncio.sleep(self.broker.plan["slow"])

    async def expect(self, method):
        value = await self.read()
        if not isinstance(getattr(value, "method", None), method):
            raise Gone

    async def serve(self):
        self.broker.change()
        if self.broker.plan.get("down"):
            return
        if await self.reader.readexactly(len(VERSION)) != VERSION:
            return
        if self.broker.plan.get("mute"):
            await self.reader.read()
            return
        self.write(0, spec.Connection.Start(0, 9, {"product": "broker.py"}, b"PLAIN EXTERNAL", b"en_US"))
        await self.expect(spec.Connection.StartOk)
        self.write(0, spec.Connection.Tune(2047, 131072, 60))
        await self.expect(spec.Connection.TuneOk)
        await self.expect(spec.Connection.Open)
        self.write(0, spec.Connection.OpenOk())
        while True:
            await self.take(await self.read())

    async def take(self, value):
        method = getattr(value, "method", None)
        if isinstance(method, spec.Channel.Open):
            self.begin()
            self.write(value.channel_number, spec.Channel.OpenOk())
        elif isinstance(method, spec.Confirm.Select):
            self.write(value.channel_number, spec.Confirm.SelectOk())
        elif isinstance(method, spec.Queue.Declare):
            self.write(value.channel_number, spec.Queue.DeclareOk(method.queue, 1, 0))
        elif isinstance(method, spec.Basic.Get):
            await self.give(value.channel_number)
        elif isinstance(method, spec.Basic.Ack):
            self.broker.done = method.delivery_tag
        elif isinstance(method, spec.Connection.Close):
            self.write(0, spec.Connection.CloseOk())
            await self.writer.drain()
            raise Gone
        elif isinstance(method, spec.Basic.Publish):
            self.publish, self.head, self.body = method, None, b""
        elif isinstance(value, frame.Header):
            self.head = value
        elif isinstance(value, frame.Body):
            self.body += value.fragment
        if self.publish and self.head and len(self.body) == self.head.body_size and not self.is_closing:
            self.tag += 1
            self.judge(value.channel_number)
            self.publish = None
            if self.broker.plan.get("flood"):
                await self.flood(FORGED[self.broker.plan["flood"]])

    async def give(self, channel):
        oversized = self.broker.plan.get("oversized")
        piece = frame.Body(channel, b"x" * CHUNK).marshal()
        if oversized == self.broker.given:
            self.write(channel, spec.Basic.GetEmpty())
            return
        self.broker.given += 1
        self.write(channel, spec.Basic.GetOk(self.broker.given, False, "", "a.topic", 0))
        self.writer.write(frame.Header(channel, 32 * CHUNK if oversized else ENDLESS, spec.BasicProperties()).marshal())
        if oversized:
            self.writer.write(piece * 32)
        else:
            await self.flood(piece)

    async def flood(self, words):
        while True:
            self.writer.write(words * (1 + CHUNK // len(words)))
            await self.writer.drain()

    def keep(self):
        self.broker.kept.append((self.head.properties.message_id, self.body))

    def judge(self, channel):
        """What becomes of the message."""
        self.broker.count()
        if self.head.properties.message_id == self.broker.plan.get("poison"):
            self.write(0, spec.Connection.Close(505, "UNEXPECTED_FRAME - a test", 60, 40))
            self.is_closing = True
            return
        if self.broker.plan.get("half"):
            self.keep()
            self.confirm_half()
            return
        if self.chance("cut"):
            raise Gone
        if self.chance("cut_kept"):
            self.keep()
            raise Gone
        if self.chance("end"):
            self.write(0, spec.Connection.Close(320, "CONNECTION_FORCED - a test", 0, 0))
            self.is_closing = True
        elif self.chance("refuse"):
            self.write(channel, spec.Channel.Close(403, "ACCESS_REFUSED - a test", 60, 40))
            self.is_closing = True
        elif self.chance("forget"):
            self.is_sure = False
        elif self.chance("lose"):
            self.keep()
            self.is_sure = False
        elif self.chance("nack"):
            self.due.append((self.tag, False))
        else:
            self.keep()
            if self.chance("unwanted"):
                self.send_back(channel)
            self.due.append((self.tag, True))

    def confirm_half(self):
        if self.tag == self.broker.plan["half"]:
            self.write(1, spec.Basic.Ack(self.tag // 2, True))
            self.writer.close()

    def send_back(self, channel):
        self.write(channel, spec.Basic.Return(312, "NO_ROUTE", self.publish.exchange, self.publish.routing_key))
        self.writer.write(frame.Header(channel, len(self.body), self.head.properties).marshal())
        if self.body:
            self.writer.write(frame.Body(channel, self.body).marshal())

    def confirm(self):
        """Tells what was decided."""
        if self.is_closing or self.broker.plan.get("silent"):
            return
        if self.broker.plan.get("lazy"):
            self.confirm_some()
        else:
            self.tell(len(self.due))

    def confirm_some(self):
        """Some of it, several at once or in another order."""
        random = self.broker.random
        taken = next((i for i, (_, taken) in enumerate(self.due) if not taken), len(self.due))
        if not self.due or random.random() < 0.7:
            return
        if self.is_sure and taken:
            count = random.randint(1, taken)
            self.write(1, spec.Basic.Ack(self.due[count - 1][0], True))
            del self.due[:count]
        else:
            random.shuffle(self.due)
            self.is_sure = False
            self.tell(random.randint(1, len(self.due)))

    def tell(self, count):
        for tag, taken in self.due[:count]:
            self.writer.write(FORGED.get(self.broker.plan.get("forge"), b""))
            self.write(1, spec.Basic.Ack(tag) if taken else spec.Basic.Nack(tag, False, False))
        del self.due[:count]


class Broker:
    def __init__(self, random, plans):
        self.random, self.plans, self.kept = random, plans, []
        self.given = self.done = 0
        self.change()
        self.port = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def change(self):
        self.plan = self.random.choice(self.plans)
        self.left = self.random.randint(1, PLAN_MESSAGES)

    def count(self):
        """One more message."""
        self.left -= 1
        if self.left == 0:
            self.change()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._accepted, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def _accepted(self, reader, writer):
        link = Link(self, reader, writer)
        pulse = asyncio.ensure_future(self._pulse(link))
        try:
            await link.serve()
        except (Gone, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            pulse.cancel()
            writer.close()

    @staticmethod
    async def _pulse(link):
        """Late confirmations come although nothing is said."""
        while True:
            await asyncio.sleep(0.01)
            link.confirm()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
