#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A receiver of webhooks on 127.0.0.1 that checks signatures on its own and behaves as it is told.

    receiver.py FOLDER SECRET-FILE [CERTIFICATE KEY]

POST /MODE behaves so; POST / behaves as the file FOLDER/mode says, "200" without one. A mode is a
status, or one of those below. Writes its URL to FOLDER/url once it listens, and each request that it
could read as a JSON line to FOLDER/log before it answers.
"""
import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import threading
import time

FOLDER, SECRET_FILE = sys.argv[1:3]
with open(SECRET_FILE, encoding="utf-8") as secret_file:
    SECRET = secret_file.read().strip().encode()
LOCK = threading.Lock()


def is_ours(headers, body):
    """What the README tells receivers to do."""
    timestamp, signature = headers["X-Rida-Timestamp"], headers["X-Rida-Signature"]
    wanted = hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest("sha256=" + wanted, signature) and abs(time.time() - int(timestamp)) < 300


def hang(handler):
    handler.connection.recv(1)


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"thanks " * 1000)


def huge_headers(handler):
    handler.send_response(200)
    for number in range(20000):
        handler.send_header(f"X-{number}", "x" * 50)
    handler.end_headers()


def redirect(handler):
    handler.send_response(307)
    handler.send_header("Location", "/200")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def cut(handler):
    handler.close_connection = True


def half(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"thanks")
    handler.close_connection = True


def noise(handler):
    handler.wfile.write(b"\0\1\2 I do not speak HTTP\r\n\r\n")
    handler.close_connection = True


def hostile(handler):
    say(handler, 200, b"<script>alert(1)</script>\x1b[31m\xff\r\nX: y")


def say(handler, status, words):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(words)))
    handler.end_headers()
    handler.wfile.write(words)


MODES = {
    "cut": cut,
    "drip": drip,
    "endless": endless,
    "half": half,
    "hang": hang,
    "hostile": hostile,
    "huge-headers": huge_headers,
    "noise": noise,
    "redirect": redirect,
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def mode(self):
        if self.path != "/":
            return self.path[1:]
        try:
            with open(f"{FOLDER}/mode", encoding="utf-8") as file:
                return file.read().strip()
        except FileNotFoundError:
            return "200"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = self.mode()
        line = {
            "mode": mode,
            "port": str(self.client_address[1]),
            "at": time.time(),
            "id": self.headers["X-Rida-Id"],
            "topic": self.headers["X-Rida-Topic"],
            "type": self.headers["Content-Type"],
            "signature": "good" if is_ours(self.headers, body) else "bad",
            "body": json.loads(body),
        }
        with LOCK, open(f"{FOLDER}/log", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if mode.isdigit():
            say(self, int(mode), f"I say {mode}".encode())
        else:
            MODES[mode](self)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """Clients hang up: that is what they are tested for."""


server = Server(("127.0.0.1", 0), Handler)
scheme = "http"
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[3:5])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    scheme = "https"
with open(f"{FOLDER}/url.new", "w", encoding="utf-8") as url:
    url.write(f"{scheme}://127.0.0.1:{server.server_port}\n")
os.rename(f"{FOLDER}/url.new", f"{FOLDER}/url")
server.serve_forever()
