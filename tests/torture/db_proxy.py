# SPDX-License-Identifier: MIT
"""Stands between rida and its database, counts what is said, and answers one statement with an
error that the database gives now and then, behaving as the database does with it: a deadlock's
victim is rolled back, a lock wait that ran out is not, a lost connection is lost before or after
the statement took effect, a commit with an error has happened or has not.

    proxy = DbProxy("/…/front", "/…/s")
    proxy.listen_in()             # counts from here on
    …                             # whatever is to be tried
    for case in proxy.cases(set()): …
    proxy.arm(case)               # the same again, with this case's fault at its event
    hit = proxy.disarm()          # the Event it was done to, or None
"""
import contextlib
import dataclasses
import os
import select
import socket
import struct
import sys
import threading
import time
import zlib

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from db_wire import packet, receive  # noqa: E402

QUIT, QUERY, PREPARE, EXECUTE, LONG_DATA, CLOSE, BULK = 1, 3, 0x16, 0x17, 0x18, 0x19, 0xFA
SILENT = (QUIT, LONG_DATA, CLOSE)
KINDS = {QUERY: "query", PREPARE: "prepare", EXECUTE: "execute", BULK: "execute"}
BEGINS, ENDS = ("START TRANSACTION", "BEGIN"), ("COMMIT", "ROLLBACK")
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")


@dataclasses.dataclass(frozen=True)
class Event:
    kind: str  # connect, query, prepare, execute
    sql: str

    @property
    def is_commit(self):
        return self.sql == "COMMIT"

    @property
    def is_write(self):
        return self.kind != "connect" and self.sql.lstrip().upper().startswith(WRITES)


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    code: int             # 0: nothing is answered, the connection ends
    where: str            # connect, statement, write or commit
    effect: str = "none"  # what the server does meanwhile: none, done, rollback
    closes: bool = False


def _faults():
    def every(where, effect, *codes, closes=False, suffix=""):
        for code in codes:
            yield Fault(f"{code}{suffix}", code, where, effect, closes)

    yield from every("connect", "none", 1040, 1203, 1226, 1053, suffix="-connect", closes=True)
    yield Fault("2013-connect", 0, "connect", closes=True)
    yield from every("statement", "rollback", 1213, 1020)
    yield from every("statement", "none", 1205, 1203, 1226, 1047, 1030, 1041)
    yield from every("write", "none", 1021, 1026, 1114, 1290, 1792)
    yield from every("statement", "none", 1053, 1927, closes=True)
    yield Fault("2006", 0, "statement", "none", True)
    yield Fault("2013", 0, "statement", "none", True)
    yield Fault("2013-done", 0, "statement", "done", True)
    yield Fault("2013-half", 0, "statement", "half", True)
    yield from every("commit", "rollback", 1213, 1020, 1047, 1021, 1290, suffix="-commit")
    for effect in ("done", "rollback"):
        yield from every("commit", effect, 1180, suffix=f"-{effect}")
        yield from every("commit", effect, 1053, 1927, closes=True, suffix=f"-{effect}")
        yield Fault(f"2013-commit-{effect}", 0, "commit", effect, True)


FAULTS = {fault.name: fault for fault in _faults()}


def fits(fault, event):
    """Whether the database could answer so there."""
    if fault.where == "commit":
        return event.is_commit
    if fault.where == "connect":
        return event.kind == "connect"
    return event.kind != "connect" and not event.is_commit and (fault.where == "statement" or event.is_write)


def one_of_each_way(faults, number):
    """Of the faults that the database behaves alike with, another one for each number."""
    ways = {}
    for fault in faults:
        ways.setdefault((fault.where, fault.effect, fault.closes), []).append(fault)
    return [alike[number % len(alike)] for alike in ways.values()]


def error_packet(number, code):
    state = b"40001" if code == 1213 else b"HY000"
    return packet(number, b"\xff" + struct.pack("<H", code) + b"#" + state + b"an error on purpose")


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault at an event: what is at that number, and how often it had been said in that place before."""
    number: int
    fault: Fault
    event: Event
    place: tuple  # what its transaction said before it
    nth: int

    def mark(self):
        """A number that is the same whenever the case is found again, whatever else was said meanwhile."""
        return zlib.crc32(repr((self.fault.name, self.event, self.place, self.nth)).encode())


class Connection:
    """One client and its session in the server."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket(socket.AF_UNIX)
        self.texts = {}
        self.place = ()           # what the open transaction has said
        self.is_doomed = False    # the next question fails while it is being sent
        self.is_answered = False  # by the fault

    def run(self):
        with contextlib.suppress(OSError), self.client, self.server:
            if self._strike(Event("connect", ""), 0):
                return
            self.server.connect(self.proxy.target)
            self._log_in()
            while self._turn():
                pass

    def _log_in(self):
        self.client.sendall(receive(self.server))
        while True:
            self.server.sendall(receive(self.client))
            answer = receive(self.server)
            self.client.sendall(answer)
            if answer[4] in (0, 0xFF):
                return

    def _turn(self):
        """Passes on a part of an answer, else the next question."""
        links = [self.server] if self.is_doomed else [self.client, self.server]
        ready = select.select(links, [], [], 0.05 if self.is_doomed else None)[0]
        if self.server in ready:
            data = self.server.recv(65536)
            self.client.sendall(data)
            return data != b""
        return bool(ready) and self._ask(receive(self.client))

    def _ask(self, question):
        command = question[4]
        if command in KINDS:
            event = Event(KINDS[command], self._text(command, question[5:]))
            if self._strike(event, question):
                return False
        else:
            self.server.sendall(question)
        if command in SILENT or self.is_answered:
            return True
        answer = receive(self.server)
        if command == PREPARE and answer[4] == 0:
            self.texts[answer[5:9]] = event.sql
        if self.is_doomed:
            self.client.shutdown(socket.SHUT_RD)
        self.client.sendall(answer)
        return True

    def come_to(self, event):
        """Knows its place in its transaction."""
        if event.sql.startswith(ENDS):
            self.place = ()
        elif self.place or event.sql.startswith(BEGINS):
            self.place += (event.sql,) if event.kind != "prepare" else ()

    def _text(self, command, rest):
        if command in (QUERY, PREPARE):
            return rest.decode("utf-8", "replace")
        return self.texts.get(rest[:4], "?")

    def _strike(self, event, question):
        """Passes the question on, or does what is wanted to it; whether the connection ends."""
        fault = self.proxy.fault_of(event, self)
        self.is_answered = False
        if not fault:
            if question:
                self.server.sendall(question)
            return False
        if fault.effect == "rollback":
            self.server.sendall(packet(0, bytes([QUERY]) + b"ROLLBACK"))
            receive(self.server)
        if fault.effect in ("done", "half"):
            self.server.sendall(question)
            answer = receive(self.server)
            if fault.effect == "half":
                self.client.sendall(answer[:len(answer) // 2])
        if fault.code:
            self.client.sendall(error_packet(0 if event.kind == "connect" else 1, fault.code))
        self.is_answered = True
        return fault.closes


class DbProxy:
    """A unix socket that is the database's, with a thread for each connection."""

    def __init__(self, listen, target):
        self.target = target
        self.lock = threading.Lock()
        self.count = 0
        self.events = None
        self.number, self.fault, self.hit = 0, None, None
        self.connections = set()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(listen)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(listen)
        os.chmod(listen, 0o777)
        self.server.listen(256)
        threading.Thread(target=self._serve, daemon=True).start()

    def listen_in(self):
        """Counts from here, and keeps what is said for cases()."""
        with self.lock:
            self.count, self.events, self.fault, self.hit = 0, [], None, None

    def cases(self, known):
        """What there is to try: every fault at the first of each statement, a fault of every way that a fault goes where
        a transaction comes to it in another way, and one fault, another each time, at each repetition. A set of what
        is known (statements, and these in their places) is added to."""
        told, found = {}, []
        for number, (event, place) in enumerate(self.events, 1):
            fitting = [fault for fault in FAULTS.values() if fits(fault, event)
                       and not (fault.name == "2006" and self._is_first(number))]
            nth = told[event, place] = told.get((event, place), -1) + 1
            if (event, place) in known:
                fitting = fitting[nth % len(fitting):][:1] if fitting and event.kind != "prepare" else []
            elif event in known:
                fitting = one_of_each_way(fitting, zlib.crc32(repr(place).encode()))
            known |= {event, (event, place)}
            found += [Case(number, fault, event, place, nth) for fault in fitting]
        return found

    def arm(self, case):
        """Does it to the first event from that number on where it fits."""
        with self.lock:
            self.count, self.number, self.fault, self.hit = 0, case.number, case.fault, None

    def disarm(self):
        """Nothing more is done; the Event that it was done to, or None."""
        with self.lock:
            self.fault = None
            return self.hit

    def drop(self):
        """Ends all connections, and returns when they have."""
        for connection in list(self.connections):
            for link in (connection.client, connection.server):
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
        while self.connections:
            time.sleep(0.001)

    def fault_of(self, event, connection):
        """What is to be done to the event, for the connections."""
        with self.lock:
            self.count += 1
            if self.events is not None:
                self.events.append((event, connection.place))
            connection.come_to(event)
            fault = self.fault
            if not fault or self.hit:
                return None
            if fault.name == "2006":
                connection.is_doomed = self.count >= self.number - 1 and event.kind != "connect"
                self.hit = event if connection.is_doomed else None
                return None
            if self.count < self.number or not fits(fault, event):
                return None
            self.hit = event
            return fault

    def _is_first(self, number):
        return number < 2 or self.events[number - 2][0].kind == "connect"

    def _serve(self):
        while True:
            try:
                client = self.server.accept()[0]
            except OSError:
                return
            connection = Connection(self, client)
            self.connections.add(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        connection.run()
        self.connections.discard(connection)
