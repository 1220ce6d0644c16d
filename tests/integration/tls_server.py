#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""HTTPS servers with good and bad certificates on 127.0.0.1, for tests.

    tls_server.py FOLDER PORTS LOG NAME...

Each NAME is a server that shows FOLDER/NAME.crt; one that begins with "old" speaks TLS 1.1 at
most. Writes "name port" lines to PORTS once all listen, and a line for each request that got
through to LOG; all of them are answered 401.
"""
import http.server
import ssl
import sys
import threading

FOLDER, PORTS, LOG = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(f"{self.server.name} {self.command} {self.path}\n")
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


def serve(name):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if name.startswith("old"):
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(f"{FOLDER}/{name}.crt", f"{FOLDER}/{name}.key")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.name = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"{name} {server.server_port}\n"


LINES = "".join([serve(name) for name in sys.argv[4:]])
with open(PORTS, "w", encoding="utf-8") as ports:
    ports.write(LINES)
threading.Event().wait()
