#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A name server on 127.0.0.1:53, for tests in a network of their own.

    dns_server.py PUBLIC PRIVATE READY

rebind.test is PUBLIC and PRIVATE in turn, private.test always PRIVATE, both.test both at once;
public.test is PUBLIC. six.test is ::1 and 127.0.0.1; first.test is 127.0.0.1 and another address,
last.test these two the other way round; many.test is ten, each twice. Questions for hang.test get no answer.
READY is made once it listens.
"""
import socket
import struct
import sys

PUBLIC, PRIVATE, READY = sys.argv[1:4]
A, AAAA = 1, 28
NAMES = {
    "public.test": [PUBLIC],
    "private.test": [PRIVATE],
    "both.test": [PRIVATE, PUBLIC],
    "six.test": ["127.0.0.1", "::1"],
    "first.test": ["127.0.0.1", "127.0.0.9"],
    "last.test": ["127.0.0.9", "127.0.0.1"],
    "many.test": [f"127.0.0.{number // 2}" for number in range(20, 40)],
}
turns = 0


def read_name(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), at + 5


def addresses(name):
    global turns
    if name == "rebind.test":
        turns += 1
        return [PUBLIC if turns % 2 else PRIVATE]
    return NAMES.get(name, [])


def packed(name, kind):
    if kind == AAAA:
        return [socket.inet_pton(socket.AF_INET6, text) for text in NAMES.get(name, []) if ":" in text]
    return [socket.inet_aton(text) for text in addresses(name) if ":" not in text] if kind == A else []


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
open(READY, "w", encoding="ascii").close()
while True:
    packet, peer = server.recvfrom(4096)
    name, end = read_name(packet)
    if name == "hang.test":
        continue
    kind = struct.unpack("!H", packet[end - 4:end - 2])[0]
    found = packed(name, kind)
    answer = packet[:2] + struct.pack("!HHHHH", 0x8580, 1, len(found), 0, 0) + packet[12:end]
    for address in found:
        answer += struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(address)) + address
    server.sendto(answer, peer)
