#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The database's protocol by hand, for tests.

    db_server.py hold SOCKET USER COUNT
        opens connections as an account without a password; prints how many were let in, and keeps
        them until its standard input ends
    db_server.py rogue PORT LOG
        a server on 127.0.0.1 that offers no TLS, lets everyone in, and asks for the file
        /etc/hostname whenever it is asked anything; by the user's name it asks for a password in
        clear first ("clear"). LOG has a line for each thing it was given.
"""
import os
import socket
import socketserver
import struct
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import db_wire  # noqa: E402
from db_wire import packet  # noqa: E402

PROTOCOL_41, SECURE, PLUGIN_AUTH, LOCAL_FILES = 1 << 9, 1 << 15, 1 << 19, 1 << 7


def send(link, number, payload):
    link.sendall(packet(number, payload))


def receive(link):
    """What the next packet holds."""
    return db_wire.receive(link)[db_wire.HEAD:]


def hold(path, user, count):
    kept = []
    for _ in range(count):
        link = socket.socket(socket.AF_UNIX)
        link.connect(path)
        if receive(link)[0] != 10:
            continue
        send(link, 1, struct.pack("<IIB23x", PROTOCOL_41 | SECURE, 1 << 24, 45) + user.encode() + b"\0\0")
        if receive(link)[0] == 0:
            kept.append(link)
    print(len(kept), flush=True)
    sys.stdin.read()


class Rogue(socketserver.BaseRequestHandler):
    def log(self, text):
        with open(sys.argv[3], "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def handle(self):
        try:
            self.talk()
        except ConnectionError:
            self.log("gone")

    def talk(self):
        link = self.request
        flags = 0xFFFFFFFF & ~(1 << 11)  # everything but TLS
        send(link, 0, b"\x0a5.5.5-10.11.0-MariaDB\0" + struct.pack("<I", 1) + b"12345678\0" + struct.pack("<H", flags & 0xFFFF)
             + b"\x2d\x02\x00" + struct.pack("<H", flags >> 16) + b"\x15" + bytes(10) + b"123456789012\0mysql_native_password\0")
        greeting = receive(link)
        user = greeting[32:].split(b"\0")[0].decode()
        self.log(f"user {user}, files {'offered' if greeting[0] & LOCAL_FILES else 'refused'}")
        number = 2
        if user == "clear":
            send(link, 2, b"\xfemysql_clear_password\0")
            self.log(f"password {receive(link)!r}")
            number = 4
        send(link, number, b"\0\0\0\2\0\0\0")
        while True:
            command = receive(link)
            self.log(f"command {command[0]} {command[1:20]!r}")
            send(link, 1, b"\xfb/etc/hostname")
            data = receive(link)
            self.log("refused the file" if not data else f"file {data!r}")
            send(link, 3, b"\0\0\0\2\0\0\0")


def rogue(port):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Rogue) as server:
        server.daemon_threads = True
        server.serve_forever()


if sys.argv[1] == "hold":
    hold(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    rogue(int(sys.argv[2]))
