#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients that are slow, many, or both, for tests; from one address of 127.0.0.0/8, or from so many that
follow it by turns (127.0.9.1/20).

    abuse.py FROM[/ADDRESSES] PORT KIND COUNT [PATH]

KIND: headers (a byte of a header each second), bodies (a POST of 60,000 bytes, a byte each
second), patches (the same with PATCH), readers (ask for PATH and read a byte each second), idle
(connect and say nothing). Prints "ready N" once all are under way, "gone" with how many the server
has ended each second, and ends when all are gone or its standard input ends.
"""
import ipaddress
import select
import socket
import sys
import time

FIRST_ADDRESS, _, ADDRESSES = sys.argv[1].partition("/")
PORT, KIND, COUNT = int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
PATH = sys.argv[5] if len(sys.argv) > 5 else "/rida/module-builds/"
HEAD = " HTTP/1.1\r\nHost: localhost\r\n"
BODY = "Authorization: Basic YWxpY2U6c2VjcmV0\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
FIRST = {
    "headers": f"GET {PATH}{HEAD}X-Slow: ",
    "bodies": f"POST {PATH}{HEAD}{BODY}",
    "patches": f"PATCH {PATH}{HEAD}{BODY}",
    "readers": f"GET {PATH}{HEAD}\r\n",
    "idle": "",
}[KIND].encode()


def start(number):
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    link.bind((str(ipaddress.ip_address(FIRST_ADDRESS) + number % int(ADDRESSES or 1)), 0))
    link.settimeout(5)
    link.connect(("127.0.0.1", PORT))
    link.sendall(FIRST)
    link.setblocking(False)
    return link


def step(link):
    """Whether the server still puts up with it."""
    try:
        if KIND == "readers":
            return link.recv(1) != b""
        if KIND != "idle":
            link.send(b" ")
        return link.recv(4096) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def main():
    links = []
    for number in range(COUNT):
        try:
            links.append(start(number))
        except OSError:
            pass
        # Slowness is what is tried, not how many requests a second are too many.
        time.sleep(0.002 if KIND == "readers" else 0)
    print("ready", len(links), flush=True)
    began = len(links)
    while links and not select.select([sys.stdin], [], [], 1)[0]:
        links = [link for link in links if step(link)]
        print("gone", began - len(links), flush=True)


main()
