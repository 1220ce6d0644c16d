#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Row G01: git servers that hang, drip, redirect, prompt and lie, each of them a case.

    scm_liars.py PROBE WORK REPOSITORY COMMIT SEED

serves the bare REPOSITORY on 127.0.0.1 in every wrong way of the table below, over git's own
protocol and over HTTP, and lets PROBE resolve a branch and fetch COMMIT from each. A case holds when
the probe ends in time with an error of one line that shows neither control bytes nor a path of
ours, or, for the few kinds that do no harm, with the commit that the repository really has; when it
took no more memory than allowed; and when nothing is left in WORK. The canary, which redirections
lead to, may never be reached. Each case says what is wrong; the last line counts: G01 DONE/TOTAL BAD.
"""
import concurrent.futures
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time

PROBE, WORK, REPOSITORY, COMMIT, SEED = sys.argv[1:6]
TIMEOUT = 3  # seconds for one git; a fetch needs two of them
GRACE = 4
BRANCH = b"refs/heads/master"
EVIL = b"\x1b[2J\x1b]0;owned\x07\r\xff"
CANARY = []
stopping = threading.Event()


# ---- how bytes are sent wrongly ---------------------------------------------------------------

def hang(connection, _):
    while connection.recv(65536):
        pass


def close(_, __):
    pass


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(data):
    def behave(connection, _):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        hang(connection, _)
    return behave


def says_and_hangs(data):
    def behave(connection, _):
        connection.sendall(data)
        hang(connection, _)
    return behave


def drips(data):
    def behave(connection, _):
        for byte in data:
            connection.sendall(bytes([byte]))
            if stopping.wait(1):
                return
    return behave


def for_ever(data, head=b""):
    def behave(connection, _):
        connection.sendall(head)
        while True:
            connection.sendall(data)
    return behave


# ---- what git says ----------------------------------------------------------------------------

def packet(text):
    return b"%04x%s" % (len(text) + 4, text)


def advertisement(lines):
    return b"".join(packet(line) for line in lines) + b"0000"


def head_line(name, commit=COMMIT.encode(), more=b""):
    return commit + b" " + name + b"\0multi_ack_detailed no-done side-band-64k ofs-delta shallow allow-tip-sha1-in-want " + more + b"\n"


def endless_refs():
    return b"".join(packet(b"%040x refs/heads/b%d\n" % (number + 1, number)) for number in range(2000))


LIES = {
    "another-hash": advertisement([head_line(BRANCH, b"1" * 40)]),
    "no-hash": advertisement([head_line(BRANCH, b"g" * 40)]),
    "short-hash": advertisement([head_line(BRANCH, b"12345678")]),
    "zero-hash": advertisement([head_line(BRANCH, b"0" * 40)]),
    "leaving-ref": advertisement([head_line(b"refs/heads/../../../../tmp/x"), COMMIT.encode() + b" " + BRANCH + b"\n"]),
    "evil-ref": advertisement([head_line(b"refs/heads/" + EVIL)]),
    "long-ref": advertisement([head_line(b"refs/heads/" + b"a" * 60000)]),
    "ref-twice": advertisement([head_line(BRANCH, b"2" * 40), b"3" * 40 + b" " + BRANCH + b"\n"]),
    "no-refs": advertisement([]),
    "error": packet(b"ERR access denied " + EVIL + b"\n"),
    "long-error": packet(b"ERR " + b"x" * 60000),
    "bad-length": b"zzzz",
    "short-length": b"0003",
    "longest-length": b"ffff" + b"x" * 1000,
    "html": b"<html><body>It works!</body></html>",
    "binary": bytes(random.Random(7).randbytes(4096)),
    "half": advertisement([head_line(BRANCH)])[:60],
    "unknown-format": advertisement([head_line(BRANCH, more=b"object-format=sha512")]),
}


# ---- a true server whose answer is changed on its way -----------------------------------------

def true_server(protocol):
    environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                   "GIT_CONFIG_VALUE_0": "*", "GIT_PROTOCOL": protocol}
    return subprocess.Popen(["git", "upload-pack", "--strict", REPOSITORY], env=environment,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def tampered(change):
    """change(offset, data) gives the bytes to send instead, and None when it ends here."""
    def behave(connection, request):
        protocol = "version=2" if b"version=2" in request else ""
        server = true_server(protocol)

        def feed():
            try:
                while data := connection.recv(65536):
                    server.stdin.write(data)
                    server.stdin.flush()
                server.stdin.close()
            except OSError:
                pass
        threading.Thread(target=feed, daemon=True).start()
        offset = 0
        try:
            while data := os.read(server.stdout.fileno(), 65536):
                sent = change(offset, data)
                if sent is None:
                    break
                connection.sendall(sent)
                offset += len(data)
        finally:
            server.kill()
            server.wait()
    return behave


def cut(at):
    return lambda offset, data: None if offset >= at else data[:at - offset]


def flip(at):
    def change(offset, data):
        place = at - offset
        if 0 <= place < len(data):
            data = data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1:]
        return data
    return change


def stall(at):
    def change(offset, data):
        if offset + len(data) > at:
            stopping.wait(TIMEOUT * 4)
        return data
    return change


def lie_of_the_branch(_, data):
    return data.replace(COMMIT.encode(), b"4" * 40)


# ---- the servers ------------------------------------------------------------------------------

class Listener:
    """One kind of behaviour on a port of its own."""

    def __init__(self, behave, is_http):
        self.behave, self.is_http = behave, is_http
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def read_request(self, connection):
        if not self.is_http:
            return connection.recv(65536)
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return data
            data += more
        return data

    def serve(self, connection):
        with connection:
            try:
                self.behave(connection, self.read_request(connection))
            except OSError:
                pass


def answer(status, *headers, body=b"", length=None):
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % (len(body) if length is None else length)]
    return b"\r\n".join(lines) + b"\r\nConnection: close\r\n\r\n" + body


# A pack of one blob of 2^46 bytes, and a part of it that is not even compressed.
HUGE_BLOB = b"PACK\0\0\0\2\0\0\0\1" + b"\xb0\x80\x80\x80\x80\x80\x40" + b"\x78\x01"
STORED = b"\0\x00\xf0\xff\x0f" + b"\0" * 0xf000

SMART = b"Content-Type: application/x-git-upload-pack-advertisement"
SERVICE = packet(b"# service=git-upload-pack\n") + b"0000"


def http_true_then(behave):
    """A true advertisement; what is asked for then is answered by behave."""
    def both(connection, request):
        if request.startswith(b"GET"):
            connection.sendall(answer(b"200 OK", SMART, body=SERVICE + advertisement([head_line(BRANCH)])))
        else:
            behave(connection, request)
    return both


def redirect_to(place):
    def behave(connection, request):
        own = "http://127.0.0.1:%d/" % connection.getsockname()[1]
        target = place or own.encode()
        connection.sendall(answer(b"302 Found", b"Location: " + target))
    return behave


def http_kinds(canary):
    pack = b"Content-Type: application/x-git-upload-pack-result"
    yield "http-hang", hang
    yield "http-close", close
    yield "http-reset", reset
    yield "http-drip-head", drips(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100)
    yield "http-hang-after-head", says_and_hangs(b"HTTP/1.1 200 OK\r\n" + SMART + b"\r\n\r\n")
    yield "http-endless-head", for_ever(b"X-Y: " + b"z" * 1000 + b"\r\n", b"HTTP/1.1 200 OK\r\n")
    yield "http-garbage", says(b"\0\1\2\3" * 100)
    yield "http-short-body", says(answer(b"200 OK", SMART, body=SERVICE, length=10000))
    yield "http-chunks-of-garbage", says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + SMART + b"\r\n\r\nzz\r\n")
    yield "http-not-gzip", says(answer(b"200 OK", SMART, b"Content-Encoding: gzip", body=b"\x1f\x8b\xff" * 50))
    yield "http-wrong-type", says(answer(b"200 OK", b"Content-Type: text/html", body=LIES["html"]))
    for status in (b"401 Unauthorized", b"403 Forbidden", b"404 Not Found", b"429 Too Many", b"500 Oops", b"503 Away"):
        yield "http-" + status[:3].decode(), says(answer(status, b'WWW-Authenticate: Basic realm="\x1b[2J"',
                                                         b"Retry-After: 100000", body=EVIL))
    yield "http-redirect-to-canary", redirect_to(canary)
    yield "http-redirect-to-file", redirect_to(b"file:///etc/passwd")
    yield "http-redirect-to-itself", redirect_to(None)
    for name in ("another-hash", "evil-ref", "error", "bad-length", "half", "binary"):
        yield "http-" + name, says(answer(b"200 OK", SMART, body=SERVICE + LIES[name]))
    yield "http-endless-refs", for_ever(endless_refs(), b"HTTP/1.1 200 OK\r\n" + SMART + b"\r\n\r\n" + SERVICE)
    yield "http-pack-hangs", http_true_then(hang)
    yield "http-pack-resets", http_true_then(reset)
    yield "http-pack-is-refused", http_true_then(says(answer(b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"')))
    yield "http-pack-is-garbage", http_true_then(says(answer(b"200 OK", pack, body=packet(b"NAK\n") + packet(b"\1PACK" + EVIL))))
    yield "http-pack-never-ends", http_true_then(
        for_ever(packet(b"\1" + STORED), b"HTTP/1.1 200 OK\r\n" + pack + b"\r\n\r\n" + packet(b"NAK\n") + packet(b"\1" + HUGE_BLOB)))
    yield "http-pack-talks-for-ever", http_true_then(
        for_ever(packet(b"\2" + EVIL * 100), b"HTTP/1.1 200 OK\r\n" + pack + b"\r\n\r\n" + packet(b"NAK\n")))


def git_kinds(chance):
    yield "git-hang", hang
    yield "git-close", close
    yield "git-reset", reset
    yield "git-drip", drips(advertisement([head_line(BRANCH)]))
    yield "git-endless-refs", for_ever(endless_refs())
    yield "git-pour", for_ever(b"\xff" * 65536)
    for name, lie in LIES.items():
        yield "git-" + name, says(lie)
    yield "git-lies-of-its-branch", tampered(lie_of_the_branch)
    for _ in range(3):
        yield "git-cut-at-%d", cut, chance.randrange(1, 900)
        yield "git-stall-at-%d", stall, chance.randrange(1, 900)
    for _ in range(6):
        yield "git-flip-at-%d", flip, chance.randrange(1, 900)


def kinds(canary):
    yield from (("http", *kind) for kind in http_kinds(canary))
    for kind in git_kinds(random.Random(SEED)):
        if len(kind) == 3:
            name, change, place = kind
            yield "git", name % place, tampered(change(place))
        else:
            yield ("git", *kind)


# ---- the cases --------------------------------------------------------------------------------

def judge(done, took, work):
    """What is wrong with how the probe ended; None: nothing."""
    text = done.stdout.decode(errors="backslashreplace")
    if took > 2 * TIMEOUT + GRACE:
        return "took %.1f s" % took
    if os.listdir(work):
        return "left behind: %s" % os.listdir(work)
    if done.returncode == 0:
        return None if text.strip() == COMMIT else "believed: %r" % text
    if done.returncode != 1:
        return "broke with %d: %s" % (done.returncode, done.stderr.decode(errors="replace"))
    if not re.fullmatch(r"[a-z-]+: [^\x00-\x1f\x7f\\]+\n", text):
        return "says: %r" % text
    if text.startswith("internal") or WORK in text or REPOSITORY in text:
        return "says: %s" % text
    return None


def run_case(name, url, ref):
    work = os.path.join(WORK, "%s-%s" % (name, "commit" if ref else "branch"))
    os.mkdir(work)
    base = url.rsplit("/", 1)[0] + "/"
    started = time.monotonic()
    try:
        done = subprocess.run([PROBE, "-w", work, "--max-rss", "300", "--timeout", str(TIMEOUT), "-a", base, url + ref, "hash"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=10 * TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return "%s: does not end" % name
    problem = judge(done, time.monotonic() - started, work)
    return problem and "%s%s: %s" % (name, " by commit" if ref else "", problem)


def main():
    canary = Listener(lambda connection, request: CANARY.append(request), True)
    cases = []
    names = set()
    for scheme, name, behave in kinds(b"http://127.0.0.1:%d/foo.git" % canary.port):
        port = Listener(behave, scheme == "http").port
        if name in names:
            continue
        names.add(name)
        url = "%s://127.0.0.1:%d/foo.git" % (scheme, port)
        cases += [(name, url, ""), (name, url, "?#" + COMMIT)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        problems = [problem for problem in pool.map(lambda case: run_case(*case), cases) if problem]
    stopping.set()
    if CANARY:
        problems.append("the canary was reached: %r" % CANARY)
    for problem in problems:
        print(problem)
    print("%d kinds of servers" % len(names))
    print("G01 %d/%d %d" % (len(cases), len(cases), len(problems)))
    sys.exit(1 if problems else 0)


main()
