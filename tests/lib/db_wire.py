# SPDX-License-Identifier: MIT
"""The database's protocol: packets of a length in three bytes, a number and a payload."""
import struct

HEAD = 4


def take(link, length):
    data = b""
    while len(data) < length:
        part = link.recv(length - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def receive(link):
    """One packet, with its head."""
    head = take(link, HEAD)
    return head + take(link, int.from_bytes(head[:3], "little"))


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload
