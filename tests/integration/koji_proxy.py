# SPDX-License-Identifier: MIT
"""Stands between a Koji session and its hub and does to their exchanges what networks and front ends do:

    koji_proxy.py HUB-PORT FOLDER

Writes its port to FOLDER/port. While there is FOLDER/unversioned no answer tells the hub's version, as before 1.35.
Each POST takes the first line of FOLDER/plan away and is treated as it says;
when there is none it passes. FOLDER/log gets a line for each: treatment, connection, path, the session's
number of the call, method.

    pass           as it is
    together       as it is, once four such requests are here
    refuse         the connection ends before the hub has seen anything
    lose           the hub does it, and not a byte of the answer comes back
    cut N          the hub does it, and N bytes come back, headers counted; N < 0: but so many
    reset N        the same, and then the connection is reset
    status N       the hub sees nothing; HTTP status N and a page
    fault N        the hub sees nothing; a fault of that number
    late N         the hub does it; HTTP status N and a page
    page           the hub does it; status 200 and a page
    body HEX       the hub does it; status 200, text/xml and these bytes
    longer, shorter  the hub does it; Content-Length is wrong by 10
    gzip           the hub does it; its answer comes back packed
    endless        the hub sees nothing; blanks without end
    many           the hub sees nothing; headers without end
    hang           the hub does it; nothing comes back until the caller goes away
"""
import fcntl
import gzip
import os
import re
import socket
import struct
import sys
import threading

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
FAULT = (b"<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name>"
         b"<value><int>%d</int></value></member><member><name>faultString</name><value><string>planned</string>"
         b"</value></member></struct></value></fault></methodResponse>")
PAGE = b"<html><body><h1>It works!</h1></body></html>"
LOCK = threading.Lock()
FOUR = threading.Barrier(4, timeout=10)


def plan():
    """The treatment of the next request."""
    with LOCK, open(FOLDER + "/plan", "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = file.read().splitlines()
        file.truncate(0)
        file.writelines(line + "\n" for line in lines[1:])
    return lines[0].split() if lines else ["pass"]


def note(text):
    with LOCK, open(FOLDER + "/log", "a", encoding="utf-8") as file:
        file.write(text + "\n")


def read_message(link, rest):
    """Head and body of a request or an answer, and what came after them."""
    while b"\r\n\r\n" not in rest:
        more = link.recv(65536)
        if not more:
            return None, None, b""
        rest += more
    head, rest = rest.split(b"\r\n\r\n", 1)
    match = re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head)
    length = int(match.group(1)) if match else 0
    while len(rest) < length:
        more = link.recv(65536)
        if not more:
            break
        rest += more
    return head + b"\r\n\r\n", rest[:length], rest[length:]


def ask_hub(head, body):
    with socket.create_connection(("127.0.0.1", PORT)) as hub:
        hub.sendall(head + body)
        return read_message(hub, b"")[:2]


def page(status, kind=b"text/html", body=PAGE):
    return b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body)) + body


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def pour(link, start, piece):
    link.sendall(start)
    while True:
        link.sendall(piece)


def lengthened(answer, by):
    return re.sub(rb"(?i)(\r\ncontent-length:\s*)(\d+)", lambda m: m.group(1) + b"%d" % (int(m.group(2)) + by), answer)


def describe(head, body):
    path = head.split(b" ", 2)[1].decode()
    number = re.search(rb"(?i)\r\nkoji-session-callnum:\s*(\d+)", head) or re.search(rb"[?&]callnum=(\d+)", head)
    method = re.search(rb"<methodName>([^<]*)", body[:2000])
    return " ".join([path.split("?")[0], number.group(1).decode() if number else "-",
                     method.group(1).decode() if method else "-"])


def treat(link, words, head, body):
    """Whether the connection goes on."""
    name = words[0]
    number = int(words[1]) if len(words) > 1 and name != "body" else 0
    if name == "status":
        link.sendall(page(number))
        return True
    if name == "fault":
        link.sendall(page(200, b"text/xml", FAULT % number))
        return True
    if name == "endless":
        pour(link, b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<?xml version='1.0'?>", b" " * 65536)
    if name == "many":
        pour(link, b"HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n" * 1000)
    if name == "refuse":
        return False
    if name == "together":
        FOUR.wait()
    answer_head, answer_body = ask_hub(head, body)
    if os.path.exists(FOLDER + "/unversioned"):
        answer_head = re.sub(rb"(?i)\r\nkoji-version:[^\r]*", b"", answer_head)
    answer = answer_head + answer_body
    if name in ("cut", "reset"):
        link.sendall(answer[:number])
        if name == "reset":
            reset(link)
        return False
    if name == "hang":
        link.recv(1)
    if name in ("lose", "hang"):
        return False
    packed = re.sub(rb"(?i)\r\ncontent-length:[^\r]*", b"", answer_head)[:-4]
    link.sendall({
        "late": lambda: page(number),
        "page": lambda: page(200),
        "body": lambda: page(200, b"text/xml", bytes.fromhex(words[1])),
        "longer": lambda: lengthened(answer, 10),
        "shorter": lambda: lengthened(answer, -10),
        "gzip": lambda: packed + b"\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" %
        len(gzip.compress(answer_body)) + gzip.compress(answer_body),
    }.get(name, lambda: answer)())
    return name not in ("longer", "shorter")


def serve(link, connection):
    rest = b""
    with link:
        try:
            while True:
                head, body, rest = read_message(link, rest)
                if head is None:
                    return
                words = plan()
                note(f"{words[0]} {connection} {describe(head, body)}")
                if not treat(link, words, head, body):
                    return
        except (OSError, threading.BrokenBarrierError):
            return


listener = socket.create_server(("127.0.0.1", 0))
with open(FOLDER + "/port.new", "w", encoding="utf-8") as ports:
    ports.write(f"{listener.getsockname()[1]}\n")
os.rename(FOLDER + "/port.new", FOLDER + "/port")
count = 0
while True:
    count += 1
    threading.Thread(target=serve, args=(listener.accept()[0], count), daemon=True).start()
