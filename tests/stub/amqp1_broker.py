#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A broker of AMQP 1.0 on 127.0.0.1 that behaves as the addresses tell it.

    amqp1_broker.py FOLDER SECRET-FILE [CERTIFICATE KEY [AUTHORITY]]

Made with Debian's python3-qpid-proton, whose engine is not rida's program. What comes to an address
"topic://MODE..." is accepted, released, modified, rejected (MODE is then the condition), answered by
closing the link or the connection, or not answered; or with one of FORGED, or with it without end ("endless-..."). A
sender to "refused..." gets no link. The queue
"hints" has messages that come again until they are accepted, and "endless" one that never ends. Writes its URL to FOLDER/url, and each
message that it accepted as a JSON line to FOLDER/log.
"""
import json
import os
import select
import struct
import sys
import threading

from proton import Condition, Delivery, Message, SSLDomain
from proton.handlers import MessagingHandler
from proton.reactor import Container

FOLDER = sys.argv[1]
TLS = sys.argv[3:]


def performative(code, *fields, payload=b""):
    """A frame of channel 0: the described list of these encoded fields."""
    body = b"\x00\x53" + bytes([code]) + b"\xc0" + bytes([1 + sum(map(len, fields)), len(fields)]) + b"".join(fields) + payload
    return struct.pack(">IBBH", 8 + len(body), 2, 0, 0) + body


NULL, FALSE, TRUE, ZERO, ACCEPTED = b"\x40", b"\x42", b"\x41", b"\x43", b"\x00\x53\x24\x45"
MOST = b"\x70\xff\xff\xff\xff"

# What no broker says.
FORGED = {
    "heartbeat": struct.pack(">IBBH", 8, 2, 0, 0),
    "4gb": struct.pack(">IBBH", 0xFFFFFFFF, 2, 0, 0),
    "128mb": struct.pack(">IBBH", 1 << 27, 2, 0, 0),
    "short": struct.pack(">IBBH", 4, 2, 0, 0),
    "offset": struct.pack(">IBBH", 16, 200, 0, 0) + b"01234567",
    "channel": struct.pack(">IBBH", 12, 2, 0, 999) + b"\x00\x53\x12\x45",
    "noise": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "deep": struct.pack(">IBBH", 8 + 60000, 2, 0, 0) + b"\x00" * 60000,
    "transfer": performative(0x14, MOST, MOST, NULL, NULL, NULL, FALSE),
    "others": performative(0x15, TRUE, b"\x52\x07", MOST, TRUE, ACCEPTED),
}
# More and more of the first message of the first link.
MORE = performative(0x14, ZERO, ZERO, b"\xa0\x01x", ZERO, FALSE, TRUE, payload=b"x" * 100000)


def forge(event, words, is_endless):
    """Past the engine, on its socket; beside it."""
    socket = os.dup(event.transport._selectable.fileno())
    threading.Thread(target=write, args=(socket, words, is_endless), daemon=True).start()


def write(socket, words, is_endless):
    left = words
    while left:
        select.select([], [socket], [], 10)
        try:
            left = left[os.write(socket, left):] or (words if is_endless else b"")
        except BlockingIOError:
            continue
        except OSError:
            break
    os.close(socket)


class Later(MessagingHandler):
    """Does it when the library has said what it has to say."""

    def __init__(self, action):
        super().__init__()
        self.action = action

    def on_timer_task(self, _):
        self.action()


class Broker(MessagingHandler):
    def __init__(self):
        super().__init__(auto_accept=False, auto_settle=False, prefetch=0)
        self.hints = [
            Message(address="topic://VirtualTopic.eng.brew.build.complete", subject=None, body='{"new": 1}'),
            Message(address="queue://hints", subject="buildsys.tag", body=b'{"tag": "f40"}'),
            Message(address="queue://hints", subject="nonsense", body={"no": "text"}),
            Message(address="queue://hints", subject="huge", body="x" * (8 << 20)),
        ]
        self.unacknowledged = {}

    def on_start(self, event):
        if TLS:
            domain = event.container.ssl.server
            domain.set_credentials(TLS[0], TLS[1], None)
            if len(TLS) > 2:
                domain.set_trusted_ca_db(TLS[2])
                domain.set_peer_authentication(SSLDomain.VERIFY_PEER, TLS[2])
        self.acceptor = event.container.listen(("amqps" if TLS else "amqp") + "://127.0.0.1:0")
        self.container = event.container
        port = self.acceptor._selectable  # the port is the operating system's choice
        import socket
        sock = socket.socket(fileno=os.dup(port.fileno()))
        number = sock.getsockname()[1]
        sock.close()
        with open(f"{FOLDER}/url.new", "w", encoding="utf-8") as url:
            url.write(f"{'amqps' if TLS else 'amqp'}://127.0.0.1:{number}\n")
        os.rename(f"{FOLDER}/url.new", f"{FOLDER}/url")

    def on_link_opening(self, event):
        link = event.link
        if link.is_receiver:
            address = link.remote_target.address
            if "refused" in address:
                self.refuse(link, "amqp:unauthorized-access", "you may not send there")
                return
            link.target.address = address
            link.source.address = link.remote_source.address
            link.open()
            link.flow(4 if "slow" in address else 500)
        else:
            link.source.address = link.remote_source.address
            if link.remote_source.address in ("hints", "endless"):
                link.open()
            else:
                self.refuse(link, "amqp:not-found", "there is no such queue")

    def refuse(self, link, condition, words):
        """The library opens the link after on_link_opening, whatever happened there."""
        def close():
            link.condition = Condition(condition, words)
            link.close()
        self.container.schedule(0, Later(close))

    def on_sendable(self, event):
        link = event.link
        if link.source.address == "endless":
            self.container.schedule(0.1, Later(lambda: forge(event, MORE, True)))
        if link.source.address != "hints":
            return
        while link.credit > 0 and self.hints:
            message = self.hints.pop(0)
            self.unacknowledged[link.send(message)] = message
        link.drained()

    def on_settled(self, event):
        message = self.unacknowledged.pop(event.delivery, None)
        if message and event.delivery.remote_state != Delivery.ACCEPTED:
            self.hints.append(message)

    def on_connection_remote_close(self, event):
        self.requeue()

    def on_disconnected(self, event):
        self.requeue()

    def requeue(self):
        self.hints += self.unacknowledged.values()
        self.unacknowledged = {}

    def on_message(self, event):
        delivery, message = event.delivery, event.message
        if "slow" not in event.link.remote_target.address:
            event.link.flow(1)
        mode = event.link.remote_target.address.removeprefix("topic://").split("/")[0]
        if mode.startswith("amqp:"):
            delivery.local.condition = Condition(mode, "as you wished")
            delivery.update(Delivery.REJECTED)
            delivery.settle()
        elif mode in ("released", "modified", "rejected"):
            delivery.update(getattr(Delivery, mode.upper()))
            delivery.settle()
        elif mode == "settled":
            delivery.settle()
        elif mode == "detach":
            event.link.condition = Condition("amqp:link:detach-forced", "go away")
            event.link.close()
        elif mode == "close":
            event.connection.condition = Condition("amqp:connection:forced", "going down")
            event.connection.close()
        elif mode == "drop":
            event.transport.close_tail()
            event.transport.close_head()
        elif mode.removeprefix("endless-") in FORGED:
            words = FORGED[mode.removeprefix("endless-")]
            is_endless = mode.startswith("endless-")
            forge(event, words * (1000 if is_endless else 1), is_endless)
        elif mode != "stall":
            self.accept(delivery, message)

    def accept(self, delivery, message):
        with open(f"{FOLDER}/log", "a", encoding="utf-8") as file:
            file.write(json.dumps({
                "id": message.id, "address": message.address, "subject": message.subject,
                "type": str(message.content_type), "durable": str(message.durable),
                "properties": json.dumps({str(k): v for k, v in (message.properties or {}).items()}),
                "body": json.loads(message.body),
            }) + "\n")
        delivery.update(Delivery.ACCEPTED)
        delivery.settle()


Container(Broker()).run()
