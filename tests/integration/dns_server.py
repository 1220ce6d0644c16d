#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A name server on 127.0.0.1:53, for tests in a network of their own.

    dns_server.py PUBLIC PRIVATE READY

rebind.test is PUBLIC and PRIVATE in turn, private.test always PRIVATE, both.test both at once;
public.test is PUBLIC. Questions for hang.test get no answer. READY is made once it listens.
"""
import socket
import struct
import sys

PUBLIC, PRIVATE, READY = sys.argv[1:4]
turns = 0


def read_name(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), at + 5


def addresses(name, kind):
    global turns
    if kind != 1:
        return []
    if name == "rebind.test":
        turns += 1
        return [PUBLIC if turns % 2 else PRIVATE]
    return {"public.test": [PUBLIC], "private.test": [PRIVATE], "both.test": [PRIVATE, PUBLIC]}.get(name, [])


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
open(READY, "w", encoding="ascii").close()
while True:
    packet, peer = server.recvfrom(4096)
    name, end = read_name(packet)
    if name == "hang.test":
        continue
    found = addresses(name, struct.unpack("!H", packet[end - 4:end - 2])[0])
    answer = packet[:2] + struct.pack("!HHHHH", 0x8580, 1, len(found), 0, 0) + packet[12:end]
    for address in found:
        answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(address)
    server.sendto(answer, peer)
