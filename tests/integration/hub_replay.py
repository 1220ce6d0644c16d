#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plays recorded exchanges with a real Koji hub against the stand-in and compares the answers.

    hub_replay.py FIXTURES SCRIPT HUB

FIXTURES holds NAME.request.xml, NAME.response.xml, NAME.headers; SCRIPT says what is played and what
brings about the state that each met (see its head); HUB is the address of the hub's server.

Compared are HTTP status and content type, the text of what is no XML, a fault's code and its text
but for numbers, and the shape of a result: the type of each member, nil or not. Members may not be
missing or be more. Of an array each element must look like one of the recorded ones. What echo answers
must be the same byte for byte, which holds the hub's way of writing.
"""
import http.client
import json
import re
import sys
import urllib.parse
import xmlrpc.client

FIXTURES, SCRIPT, HUB = sys.argv[1:4]
ADDRESS = urllib.parse.urlsplit(HUB).netloc
sessions = {}
renamed = {}
connection = http.client.HTTPConnection(ADDRESS)


def fixture(name, kind):
    try:
        with open(f"{FIXTURES}/{name}.{kind}", "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def control(command):
    connection.request("POST", "/control", json.dumps(command))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{command}: {body.decode()}")
    return json.loads(body)


class Exchange:
    """One recorded exchange."""

    def __init__(self, name):
        self.name = name
        text = fixture(name, "headers").decode().replace("\r\n", "\n")
        request, _, rest = text.partition("\n\n")
        answer = rest[rest.index("HTTP/1.1"):]
        self.method, self.path = request.split()[:2]
        self.headers = self.read_headers(request)
        self.status = int(answer.split()[1])
        self.kind = self.read_headers(answer.partition("\n\n")[0]).get("Content-Type")
        self.request, self.response = fixture(name, "request.xml"), fixture(name, "response.xml")
        if self.response is None:
            self.response = answer.partition("\n\n")[2].encode()

    @staticmethod
    def read_headers(head):
        return dict(line.split(": ", 1) for line in head.split("\n")[1:] if ": " in line)

    def credentials(self):
        query = urllib.parse.parse_qs(self.path.partition("?")[2])
        session = self.headers.get("Koji-Session-Id", query.get("session-id", [None])[0])
        return session, self.headers.get("Koji-Session-Key", query.get("session-key", [None])[0])

    def bring_session(self):
        """The session that the request names, of the user whose number its key begins with."""
        session, key = self.credentials()
        strange = self.name.startswith("hdr_") or not session or not key
        if not strange and sessions.get(session) != key:
            sessions[session] = key
            control({"do": "load", "sessions": [{"id": int(session), "key": key, "user_id": int(key.split("-")[0]),
                                                 "authtype": 2 if session == "10" else 0}]})

    def play(self):
        """Sends the request as it was; returns the status, the content type and the body of the answer."""
        self.bring_session()
        sent = {n: v for n, v in self.headers.items() if n.startswith("Koji-") or n == "Content-Type"}
        # The laboratory had its failures at addresses of their own.
        path = re.sub(r"^/(kojihub-\w+|broken500|bad502|dead503)", "/kojihub", self.path)
        body = self.request
        if self.name == "http_chunked_request":
            body, sent["Transfer-Encoding"] = b"6b\r\n", "chunked"
        elif body is None:
            body = b"x" * int(self.headers["Content-Length"])
        for recorded, ours in renamed.items():
            body = body.replace(recorded.encode(), ours.encode())
        fresh = http.client.HTTPConnection(ADDRESS)
        fresh.putrequest(self.method, path, skip_accept_encoding=True)
        for name, value in sent.items():
            fresh.putheader(name, value)
        if "Transfer-Encoding" not in sent:
            fresh.putheader("Content-Length", str(len(body)))
        fresh.endheaders(body)
        answer = fresh.getresponse()
        result = answer.status, answer.getheader("Content-Type"), answer.read()
        fresh.close()
        return result


def plain(text):
    """A text without its numbers, and without the keys that a laboratory has in its paths."""
    return re.sub(r"[0-9a-f]{32,}|\d+", "#", text)


def kind_of(value):
    return type(value).__name__


def members(rows):
    """What each member of these structs may look like."""
    union = {}
    for row in rows:
        for name, value in row.items():
            union.setdefault(name, []).append(value)
    return union


def is_map(rows):
    """Whether their names are no members but keys: numbers of tasks, names of files."""
    return all("." in name or name.isdigit() for row in rows for name in row) and any(rows)


def compare(ours, recorded, path):
    """Yields the differences in shape; `recorded` is a list of values, one of which ours must look like."""
    alike = [r for r in recorded if isinstance(r, type(ours))]
    if not alike:
        yield f"{path}: {kind_of(ours)} in place of {' or '.join(sorted({kind_of(r) for r in recorded}))}"
    elif isinstance(ours, dict) and not is_map(alike):
        union = members(alike)
        every = set.intersection(*(set(row) for row in alike))
        for name in sorted(every - set(ours)):
            yield f"{path}: no member {name}"
        for name in sorted(set(ours) - set(union)):
            yield f"{path}: member {name} too many"
        for name in sorted(set(ours) & set(union)):
            yield from compare(ours[name], union[name], f"{path}.{name}")
    elif isinstance(ours, dict):
        inner = [v for row in alike for v in row.values()]
        for name, value in ours.items():
            yield from compare(value, inner, f"{path}.{name}")
    elif isinstance(ours, list):
        inner = [v for row in alike for v in row]
        if bool(ours) not in {bool(row) for row in alike}:
            yield f"{path}: {len(ours)} elements in place of {len(alike[0])}"
        for i, value in enumerate(ours if inner else ()):
            yield from compare(value, inner, f"{path}[{i}]")


def read(body):
    """("fault", code, text) or ("result", value) or ("text", what it says)."""
    try:
        return "result", xmlrpc.client.loads(body)[0][0]
    except xmlrpc.client.Fault as fault:
        return "fault", fault.faultCode, fault.faultString
    except Exception:  # pylint: disable=broad-except
        title = re.search(rb"<title>(.*)</title>", body)
        return "text", plain((title[1] if title else body).decode())


def differences(exchange):
    status, kind, body = exchange.play()
    if status != exchange.status:
        yield f"status {status} in place of {exchange.status}"
    if kind != exchange.kind:
        yield f"Content-Type {kind} in place of {exchange.kind}"
    ours, recorded = read(body), read(exchange.response)
    if ours[0] != recorded[0]:
        yield f"{ours} in place of {recorded}"
    elif exchange.name.startswith("echo") and body.strip() != exchange.response.strip():
        yield f"{body} in place of {exchange.response}"
    elif ours[0] == "result":
        yield from compare(ours[1], [recorded[1]], "")
        if exchange.name == "CGInitBuild":
            renamed[recorded[1]["token"]] = ours[1]["token"]
    elif tuple(map(plain, map(str, ours))) != tuple(map(plain, map(str, recorded))) or ours[1] != recorded[1]:
        yield f"{ours} in place of {recorded}"


def upload_import(folder):
    """The files of an import, and its metadata as one of them."""
    metadata = xmlrpc.client.loads(fixture("CGImport", "request.xml"))[0][0]
    text = metadata["build"]["extra"]["typeinfo"]["module"]["modulemd_str"]
    metadata["build"]["release"] = "608577.c0ffee42"
    files = {"modulemd.txt": text, "modulemd.x86_64.txt": text, "build.log": "module log\n",
             "metadata.json": json.dumps(metadata)}
    for name, content in files.items():
        control({"do": "upload", "path": f"{folder}/{name}", "text": content})


def main():
    played, different, left_out = [], 0, []
    with open(SCRIPT, encoding="utf-8") as script:
        lines = [line.rstrip("\n") for line in script if not line.startswith("#")]
    for line in lines:
        if line.startswith("! "):
            control(json.loads(line[2:]))
        elif line.startswith("upload-cg "):
            upload_import(line.split()[1])
        elif line.startswith("- "):
            left_out.append(line[2:])
        else:
            played.append(line)
            found = list(differences(Exchange(line)))
            different += bool(found)
            for text in found:
                print(f"{line}: {text}")
    print(f"{len(played)} exchanges compared, {different} differ; left out:")
    for line in left_out:
        print(f"    {line}")
    sys.exit(1 if different or len(played) < 300 else 0)


main()
