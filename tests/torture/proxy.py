#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Stands between a program and its server, and does to the connection what networks do.

    proxy.py serve LISTEN TARGET CONTROL [SEED]
        LISTEN and TARGET are unix:PATH or HOST:PORT; prints "ready" once it listens, and ends when
        its standard input does
    proxy.py tell CONTROL [NAME=VALUE...]
        replaces what is done to all connections; without words, nothing is. Prints the counters
        as JSON: accepted, open, asked and answered (bytes), faults (connections it was done to)

In Python: proxy = Proxy("unix:/…/front", "unix:/…/s", seed); proxy.set(cut=100); proxy.stop().

What may be done, with positions counted on each connection from the moment it is told:
    delay=S or S-S2   seconds before each piece of an answer, by chance between two
    rate=N            bytes of answers a second
    cut=K             the connection ends after K bytes of answers
    ask_cut=K         it ends after K bytes of questions: the server may still have got them whole
    half=K            after K bytes of answers only the answering half ends
    corrupt=K         the Kth byte of answers is another one
    hole=1            nothing passes, either way, until told otherwise
    refuse=1          nobody is let in; who is in, stays
    reset=1           ends are resets
    times=N           cut, ask_cut, half and corrupt are done to so many connections, not to all
    close=1           all connections end now
"""
import asyncio
import dataclasses
import json
import os
import random
import socket
import struct
import sys
import threading

PIECE = 65536
TICKS = 20  # pieces a second of a limited rate
MARKS = {"ask": ("ask_cut",), "answer": ("cut", "half", "corrupt")}


@dataclasses.dataclass
class Fault:
    delay: tuple = (0.0, 0.0)
    rate: float = 0.0
    cut: int = -1
    ask_cut: int = -1
    half: int = -1
    corrupt: int = -1
    hole: bool = False
    refuse: bool = False
    reset: bool = False
    times: int = -1


def read_words(words):
    """The values of NAME=VALUE words, for set()."""
    values = {}
    for word in words:
        name, _, text = word.partition("=")
        kind = type(getattr(Fault, name, True))
        if kind is tuple:
            ends = [float(part) for part in text.split("-")]
            values[name] = (ends[0], ends[-1])
        else:
            values[name] = bool(int(text)) if kind is bool else kind(text)
    return values


class Link:
    """One connection: both halves, and how many bytes have passed since the fault was told."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.fault = None
        self.passed = {"ask": 0, "answer": 0}
        self.is_hit = False

    def end(self, by_reset):
        for _, writer in (self.client, self.server):
            if by_reset:
                link = writer.get_extra_info("socket")
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            writer.close()


class Proxy:
    """Runs in a thread of its own, as long as it is not stopped."""

    def __init__(self, listen, target, seed=1, control=None):
        self.listen, self.target, self.control = listen, target, control
        self.chance = random.Random(seed)
        self.fault = Fault()
        self.links = set()
        self.counts = {"accepted": 0, "asked": 0, "answered": 0, "faults": 0}
        self.loop = asyncio.new_event_loop()
        self.server = None
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def set(self, **values):
        """Replaces what is done; returns the counters."""
        return asyncio.run_coroutine_threadsafe(self._set(values), self.loop).result(10)

    def stop(self):
        self.set(close=True, refuse=True)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._open())
        if self.control:
            self.loop.run_until_complete(asyncio.start_unix_server(self._told, self.control))
        started.set()
        self.loop.run_forever()
        rest = asyncio.all_tasks(self.loop)
        for task in rest:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))

    async def _open(self):
        kind, _, place = self.listen.partition(":")
        if kind == "unix":
            if os.path.exists(place):
                os.unlink(place)
            self.server = await asyncio.start_unix_server(self._accepted, place, backlog=1024)
            os.chmod(place, 0o777)
        else:
            self.server = await asyncio.start_server(self._accepted, kind, int(place), backlog=1024)

    async def _told(self, reader, writer):
        line = await reader.readline()
        counts = await self._set(read_words(line.decode().split()))
        writer.write(json.dumps(counts).encode() + b"\n")
        writer.close()

    async def _set(self, values):
        close = values.pop("close", False)
        self.fault = Fault(**values)
        for link in list(self.links) if close else ():
            link.end(self.fault.reset)
        if self.fault.refuse and self.server:
            self.server.close()
            self.server = None
        elif not self.fault.refuse and not self.server:
            await self._open()
        return {**self.counts, "open": len(self.links)}

    async def _connect(self):
        kind, _, place = self.target.partition(":")
        if kind == "unix":
            return await asyncio.open_unix_connection(place)
        return await asyncio.open_connection(kind, int(place))

    async def _accepted(self, reader, writer):
        self.counts["accepted"] += 1
        try:
            server = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        link = Link((reader, writer), server)
        self.links.add(link)
        pumps = [self._pump(link, "ask", reader, server[1]), self._pump(link, "answer", server[0], writer)]
        await asyncio.gather(*pumps, return_exceptions=True)
        link.end(False)
        self.links.discard(link)

    async def _pump(self, link, way, reader, writer):
        """Passes bytes one way until that half ends."""
        while data := await reader.read(PIECE):
            while self.fault.hole:
                await asyncio.sleep(0.02)
            if way == "answer" and self.fault.delay[1]:
                await asyncio.sleep(self.chance.uniform(*self.fault.delay))
            data, goes_on = self._strike(link, way, data)
            self.counts["asked" if way == "ask" else "answered"] += len(data)
            await self._write(way, writer, data)
            if goes_on == "cut":
                link.end(self.fault.reset)
                return
            if goes_on == "half":
                break
        writer.write_eof()

    async def _write(self, way, writer, data):
        while data:
            fault = self.fault
            count = max(1, int(fault.rate / TICKS)) if way == "answer" and fault.rate else len(data)
            writer.write(data[:count])
            await writer.drain()
            data = data[count:]
            if data:
                await asyncio.sleep(count / fault.rate)

    def _strike(self, link, way, data):
        """What becomes of the bytes, and of the connection: "", "cut" or "half"."""
        fault = self.fault
        if link.fault is not fault:
            link.fault, link.is_hit, link.passed = fault, False, {"ask": 0, "answer": 0}
        begin = link.passed[way]
        link.passed[way] += len(data)
        for mark in MARKS[way]:
            at = getattr(fault, mark)
            if not 0 <= at <= link.passed[way] - (mark == "corrupt") or link.is_hit or fault.times == 0:
                continue
            link.is_hit = True
            fault.times -= fault.times > 0
            self.counts["faults"] += 1
            at = max(at - begin, 0)
            if mark == "corrupt":
                return data[:at] + bytes([data[at] ^ self.chance.randint(1, 255)]) + data[at + 1:], ""
            return data[:at], "half" if mark == "half" else "cut"
        return data, ""


def tell(control, words):
    """Tells a proxy of another process; returns its counters."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(control)
        link.sendall(" ".join(words).encode() + b"\n")
        return json.loads(link.makefile().readline())


def main():
    if sys.argv[1] == "tell":
        print(json.dumps(tell(sys.argv[2], sys.argv[3:])))
        return
    listen, target, control = sys.argv[2:5]
    Proxy(listen, target, int(sys.argv[5]) if len(sys.argv) > 5 else 1, control)
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
