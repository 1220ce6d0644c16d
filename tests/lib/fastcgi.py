# SPDX-License-Identifier: MIT
"""Asks a pool of rida.fcgi as a web server does, over its socket, with parameters that no web server
would let through.

    pool = fastcgi.Pool("/…/read.sock")
    answer = pool.ask("GET", "/rida/module-builds/42", HTTP_ACCEPT="text/html")
    assert answer.status == 200 and answer.header("content-type") == "application/json"
"""
import socket
import struct
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)


def _record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _stream(kind, content):
    parts = [_record(kind, content[at:at + 65535]) for at in range(0, len(content), 65535)]
    return b"".join(parts) + _record(kind, b"")


def _size(length):
    return struct.pack(">B", length) if length < 128 else struct.pack(">I", length | 1 << 31)


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


class Answer:
    """What came back: status, the lines of the head, the body, and the seconds until its first bytes came."""

    def __init__(self, raw, seconds):
        self.raw = raw
        self.seconds = seconds
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.lines = head.split(b"\r\n")
        self.status = int(self.header("status").split()[0])
        self.text = self.body.decode("utf-8", "replace")

    def header(self, name):
        """The value of the first header of the name; an empty text: there is none."""
        for line in self.lines:
            key, _, value = line.partition(b": ")
            if key.decode("latin-1").lower() == name:
                return value.decode("utf-8", "replace")
        return ""


class Pool:
    """A pool's socket."""

    def __init__(self, path):
        self.path = path

    def ask(self, method, uri, body=b"", pairs=(), timeout=60, **parameters):
        """Parameters as keywords, or as pairs for names that occur twice. Each is text or bytes. Seconds are waited for
        what comes next."""
        body = _bytes(body)
        wanted = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "SCRIPT_NAME": "",
                  "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "localhost", **parameters}
        block = b""
        for name, value in [*wanted.items(), *pairs]:
            name, value = _bytes(name), _bytes(value)
            block += _size(len(name)) + _size(len(value)) + name + value
        request = (_record(BEGIN, struct.pack(">HB5x", 1, 0)) + _stream(PARAMS, block)
                   + _stream(STDIN, body))
        began = time.monotonic()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(timeout)
            link.connect(self.path)
            link.sendall(request)
            stream = link.makefile("rb")
            stream.peek(1)
            seconds = time.monotonic() - began
            raw = self._read(stream)
        return Answer(raw, seconds)

    @staticmethod
    def _read(stream):
        raw = b""
        while True:
            head = stream.read(8)
            if len(head) < 8:
                raise ConnectionError("the answer broke off")
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
            content = stream.read(length + padding)[:length]
            if kind == STDOUT:
                raw += content
            elif kind == END:
                return raw
