# SPDX-License-Identifier: MIT
"""What tests of bad input share: a client that sends any bytes, tables of cases, and what must hold after each.

T, RIDA_TEST_SOCKET, NGINX_PORT and APACHE_PORT come from the environment, as tests/lib/env.sh sets them.
"""
import fcntl
import glob
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time

T = os.environ["T"]
FIXTURES = os.path.join(os.environ["top_srcdir"], "tests/fixtures")
PHRASES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
           413: "Request Entity Too Large", 422: "Unprocessable Entity", 501: "Not Implemented", 503: "Service Unavailable"}
JSON = {"Content-Type": "application/json"}
# What a stranger need not know, and no packager understands.
INTERNALS = re.compile(r"/tmp/|/usr/|/var/|/proc/|\bmysql|maria|\bSELECT\b|\bINSERT\b|\bSQL\b|\.c:\d|glib|libyaml|"
                       r"\(null\)|0x[0-9a-f]{9,}|GVariant|gerror|mmd_|modulemd_|flock|memfd|bwrap", re.I)
SECONDS_MAX = 1.0

messages = {}  # one of each kind
counts = {}
slowest = (0.0, "nothing")
failures = []


def complain(text):
    failures.append(text)
    print("FAILED:", text[:2000], flush=True)


class Answer:
    """One answer: status, headers (in lower case), body, and how long it took."""

    def __init__(self, status, headers, body, seconds):
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds

    def problem(self):
        """The error that the body describes, or None."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) and "message" in value else None

    def text(self):
        return "%s %s" % (self.status, self.body[:1500].decode("utf-8", "replace"))


class Front:
    """A web server. Each connection comes from another address, so that no one of them sends too much."""

    fronts = itertools.count()

    def __init__(self, name, port):
        self.name, self.port, self.kept, self.number = name, int(port), None, next(Front.fronts) * 9973

    def connect(self):
        self.number += 1
        source = "127.0.%d.%d" % divmod(self.number % 60000 + 258, 250)
        return socket.create_connection(("127.0.0.1", self.port), 30, (source, 0))

    def drop(self):
        if self.kept:
            self.kept[0].close()
        self.kept = None

    def raw(self, data, half_close=False):
        """Sends bytes on a connection of its own; the first answer, or None when there is none."""
        with self.connect() as connection:
            connection.settimeout(5)
            began = time.monotonic()
            try:
                connection.sendall(data)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_answer(connection, bytearray(), began, False)[0]

    def ask(self, method, path, body=None, headers=None):
        """One request; the connection is kept for some."""
        head = b"%s %s HTTP/1.1\r\nHost: localhost\r\n" % (as_bytes(method), as_bytes(path))
        for name, value in (headers or {}).items():
            head += b"%s: %s\r\n" % (as_bytes(name), as_bytes(value))
        if body is not None:
            head += b"Content-Length: %d\r\n" % len(body)
        data = head + b"\r\n" + (body or b"")
        for _ in range(2):
            if not self.kept or self.kept[2] >= 40:
                self.drop()
                self.kept = [self.connect(), bytearray(), 0]
            began = time.monotonic()
            try:
                self.kept[0].sendall(data)
            except OSError:
                pass
            answer, is_kept = read_answer(self.kept[0], self.kept[1], began, as_bytes(method) == b"HEAD")
            self.kept[2] += 1
            is_first = self.kept[2] == 1
            if not is_kept:
                self.drop()
            if answer or is_first:
                return answer
        return None


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def read_answer(connection, buffer, began, is_head):
    """An answer and whether the connection may be used again; buffer holds what was read beyond it."""
    def more():
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        buffer.extend(data)
        return bool(data)

    while b"\r\n\r\n" not in buffer:
        if not more():
            return None, False
    head, _, _ = bytes(buffer).partition(b"\r\n\r\n")
    del buffer[:len(head) + 4]
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    if status == 100:
        return read_answer(connection, buffer, began, is_head)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    is_kept = headers.get("connection", "").lower() != "close"
    body = b""
    if is_head or status in (204, 304):
        pass
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        while True:
            while b"\r\n" not in buffer and more():
                pass
            line, _, _ = bytes(buffer).partition(b"\r\n")
            size = int(line or b"0", 16)
            while len(buffer) < len(line) + 2 + size + 2 and more():
                pass
            body += bytes(buffer[len(line) + 2:len(line) + 2 + size])
            del buffer[:len(line) + 2 + size + 2]
            if not size:
                break
    elif "content-length" in headers:
        while len(buffer) < int(headers["content-length"]) and more():
            pass
        body = bytes(buffer[:int(headers["content-length"])])
        del buffer[:int(headers["content-length"])]
    else:
        while more():
            pass
        body, is_kept = bytes(buffer), False
    return Answer(status, headers, body, time.monotonic() - began), is_kept


nginx = Front("nginx", os.environ["NGINX_PORT"])
apache = Front("apache", os.environ["APACHE_PORT"])


class Database:
    """A client of the database that is kept open."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["mariadb", "--no-defaults", "--socket=" + os.environ["RIDA_TEST_SOCKET"], "-uroot", "--batch",
             "--unbuffered", "--skip-column-names", "rida"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        tables = self.rows("SHOW TABLES")
        self.tables = [row[0] for row in tables]

    def rows(self, statement):
        self.process.stdin.write(statement.encode() + b"; SELECT '-- end';\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\n")
            if text == "-- end":
                return rows
            rows.append(text.split("\t"))
        raise SystemExit("the database's client ended at: " + statement)

    def counts(self):
        """How many rows each table has; of the counters those that a failed build moves."""
        parts = ["SELECT '%s', %s FROM `%s`" % ((name, "COUNT(*)", name) if name != "counters" else (
            name, "SUM(IF(name IN ('builds', 'state_failed'), value, 0))", name)) for name in self.tables]
        return dict(self.rows(" UNION ALL ".join(parts)))


database = Database()


def fill(text, places):
    """A field of a table: places like @GIT@, repetitions like {70000*a}, then escapes as in C and Python."""
    for name, value in places.items():
        text = text.replace("@%s@" % name, value)
    data = text.encode("utf-8").decode("unicode_escape").encode("latin-1")
    return re.sub(rb"\{(\d+)\*([^{}]*)\}", lambda found: found.group(2) * int(found.group(1)), data)


def table(name):
    """The sections of a fixture: lines of fields parted by tabs, below a line [section]."""
    sections, section = {}, None
    with open(os.path.join(FIXTURES, name), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if line.startswith("["):
                section = sections.setdefault(line.strip("[]"), [])
            elif line and not line.startswith("#"):
                section.append(["%s:%d" % (name, number)] + line.split("\t"))
    return sections


def count(kind, number=1):
    counts[kind] = counts.get(kind, 0) + number


def note_time(what, seconds):
    global slowest
    if seconds > slowest[0]:
        slowest = (seconds, what)


def check_message(what, answer, pattern):
    """An error of the form that the API promises, with a message for a packager."""
    problem = answer.problem()
    if not problem or set(problem) - {"id"} != {"status", "error", "message"} or \
            problem["status"] != answer.status or problem["error"] != PHRASES.get(answer.status):
        return complain("%s: no error of the API: %s" % (what, answer.text()))
    message = problem["message"]
    messages.setdefault(re.sub(r'"[^"]*"|[0-9]+|https?:\S+', "", message), "%d %s" % (answer.status, message))
    if not answer.headers.get("content-type", "").startswith("application/json"):
        complain("%s: %s" % (what, answer.headers.get("content-type")))
    if not re.search(pattern, message):
        complain("%s: not \"%s\": %s" % (what, pattern, answer.text()))
    if INTERNALS.search(message):
        complain("%s: speaks of internals: %s" % (what, message))
    if len(message) > 4000 or re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", message):
        complain("%s: no text for a person: %r" % (what, message[:300]))


def refused(front, what, status, pattern, request, limit=SECONDS_MAX):
    """Asks, and wants the error; slow answers get a second chance, as the machine may be busy."""
    for _ in range(3):
        answer = front.ask(*request)
        if not answer:
            return complain("%s: %s gives no answer" % (what, front.name))
        if answer.seconds < limit:
            break
    else:
        complain("%s: %s takes %.1f s" % (what, front.name, answer.seconds))
    note_time("%s through %s" % (what, front.name), answer.seconds)
    if str(answer.status) not in str(status).split("|"):
        complain("%s: %s gives %s instead of %s" % (what, front.name, answer.text(), status))
    # Apache has no words of ours for what it refuses before it looks at the place.
    elif answer.status >= 400 and as_bytes(request[0]) != b"HEAD" and answer.status not in (405, 414):
        check_message("%s through %s" % (what, front.name), answer, pattern)
    return answer


def leftovers():
    """What a request must not leave: folders of fetches, temporary files, slots that are held."""
    left = glob.glob(T + "/cache/scm*") + glob.glob(T + "/tmp/*") + glob.glob(T + "/nginx/body/*")
    for path in glob.glob(T + "/run/submit-slot-*"):
        with open(path, "rb") as slot:
            try:
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                left.append(path + " is held")
    return left


class Unchanged:
    """A group of cases after which nothing is left and no table has other rows than before, but for these."""

    def __init__(self, what, **more):
        self.what, self.more = what, more

    def __enter__(self):
        self.before = database.counts()

    def __exit__(self, kind, value, trace):
        if kind:
            return
        after = database.counts()
        for name, number in self.before.items():
            wanted = int(number or 0) + self.more.get(name, 0)
            if int(after[name] or 0) != wanted:
                complain("%s: the table %s has %s rows instead of %d" % (self.what, name, after[name], wanted))
        if leftovers():
            complain("%s: left behind: %s" % (self.what, leftovers()))


def conclude(tests):
    for test in tests:
        known = len(failures)
        began = time.monotonic()
        test()
        print("%s %s (%.1f s)" % ("ok" if len(failures) == known else "NOT OK", test.__name__,
                                  time.monotonic() - began), flush=True)
    for message in sorted(messages.values()):
        print("message:", message)
    print("cases:", ", ".join("%s %d" % pair for pair in counts.items()))
    print("slowest answer: %.3f s, %s" % slowest)
    sys.exit(1 if failures else 0)
