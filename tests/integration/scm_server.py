#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that behave badly, for tests of the scm port, all on 127.0.0.1.

    scm_server.py REPOSITORIES PORTS LOG

Writes "name port" lines to PORTS once all listen, and one line for each connection or HTTP request
to LOG: "name details". The names:

    http      by the first part of the path: good (git's own smart HTTP), r301 r302 r307 (to the
              canary), rfile (to file://), auth (401), forbidden, broken, hang, drip, dumb (plain
              files), alternates (plain files, with an alternate on the canary)
    canary    a server that nobody may ever reach
    hang      takes connections and says nothing
    drip      a byte a second
    refs      git's protocol with references that never end
    pour      git's protocol with bytes that never end
    old       git's protocol in its first version, which hands out only what it advertises
"""
import http.server
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time

REPOSITORIES, PORTS, LOG = sys.argv[1:4]
ports = {}


def log(text):
    with open(LOG, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, *headers, body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve_git(self, path):
        path, _, query = path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environment = {
            "PATH": "/usr/bin:/bin", "GIT_PROJECT_ROOT": REPOSITORIES, "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        done = subprocess.run(["git", "http-backend"], env=environment, input=self.rfile.read(length),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        self.reply(status, *headers, body=body)

    def serve_file(self, path):
        try:
            with open(REPOSITORIES + path.partition("?")[0], "rb") as file:
                self.reply(200, body=file.read())
        except OSError:
            self.reply(404)

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        while True:
            self.wfile.write(b"0")
            time.sleep(1)

    def handle_path(self):
        kind, _, rest = self.path[1:].partition("/")
        canary = "http://127.0.0.1:%d/" % ports["canary"]
        log("http %s %s authorization=%s" % (self.command, self.path, self.headers.get("Authorization")))
        if kind == "good":
            self.serve_git("/" + rest)
        elif kind in ("r301", "r302", "r307"):
            self.reply(int(kind[1:]), ("Location", canary + rest))
        elif kind == "rfile":
            self.reply(302, ("Location", "file:///etc/passwd"))
        elif kind == "auth":
            self.reply(401, ("WWW-Authenticate", 'Basic realm="x"'))
        elif kind == "hang":
            self.rfile.read()
        elif kind == "drip":
            self.drip()
        elif kind == "alternates" and rest.endswith("objects/info/http-alternates"):
            self.reply(200, body=canary.encode() + b"objects/\n")
        elif kind in ("dumb", "alternates"):
            self.serve_file("/" + rest)
        else:
            self.reply({"forbidden": 403, "broken": 500}.get(kind, 404))

    do_GET = do_POST = handle_path


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def serve(name, behave):
    class Connection(socketserver.BaseRequestHandler):
        def handle(self):
            log(name + " connection")
            behave(self.request)
    return Server(("127.0.0.1", 0), Connection)


def packet(text):
    return b"%04x%s" % (len(text) + 4, text)


def read_request(connection):
    return connection.recv(int(connection.recv(4), 16) - 4)


def hang(connection):
    while connection.recv(65536):
        pass


def drip(connection):
    while True:
        connection.sendall(b"0")
        time.sleep(1)


def refs(connection):
    read_request(connection)
    count = 0
    while True:
        lines = []
        for count in range(count, count + 1000):
            caps = b"\0shallow allow-tip-sha1-in-want" if count == 0 else b""
            lines.append(packet(b"%040x refs/heads/branch-%d%s\n" % (count + 1, count, caps)))
        count += 1
        connection.sendall(b"".join(lines))


def pour(connection):
    read_request(connection)
    while True:
        connection.sendall(b"\xff" * 65536)


def old(connection):
    """What git daemon does, but GIT_PROTOCOL is not handed on."""
    path = read_request(connection).split(b"\0")[0].split(b" ", 1)[1].decode()
    environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                   "GIT_CONFIG_VALUE_0": "*"}
    subprocess.run(["git", "upload-pack", "--strict", REPOSITORIES + path], env=environment,
                   stdin=connection.fileno(), stdout=connection.fileno(), stderr=subprocess.DEVNULL,
                   check=False)
    connection.shutdown(socket.SHUT_RDWR)


def main():
    servers = {name: serve(name, behave) for name, behave in
               (("canary", hang), ("hang", hang), ("drip", drip), ("refs", refs), ("pour", pour), ("old", old))}
    servers["http"] = Server(("127.0.0.1", 0), Handler)
    for name, server in servers.items():
        ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(PORTS + ".new", "w", encoding="ascii") as file:
        for name, port in ports.items():
            file.write("%s %d\n" % (name, port))
    os.rename(PORTS + ".new", PORTS)
    threading.Event().wait()


main()
