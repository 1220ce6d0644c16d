#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stand-in for a Koji hub (1.35.3), in memory, on 127.0.0.1, for tests.

    hub.py --ready FILE [--port N] [--state FILE] [--version V | --old] [--no-callnum] [--step-ms N]
           [--cert FILE --key FILE --ca FILE]

Writes its base URL to FILE once it listens; USR1 has it stop to listen, or listen again, and forget
nothing. The hub is at /kojihub, logins with a certificate at /kojihub/ssllogin, and POST /control
takes commands as JSON (hub_control.py). Users at the start: kojiadmin/adminpw (admin), rida/ridapw
(repo, tag, target and the content generator module-build-service), nobody1/nobodypw,
blocked1/blockedpw. --state is a JSON file that is loaded first, with what "load" takes. A hub
--version 1.34 has no repo.request and reads call numbers from the header Koji-Callnum only; 1.29
knows sessions in the URL only; --old is 1.21. --no-callnum is one that does not look at call
numbers, so that nothing waits for a call of another. Tasks take --step-ms milliseconds a state.

In a test of shell use tests/lib/hub.sh:

    start_hub                                   # sets HUB_URL, HUB_PID
    hub_control '{"do": "rules", "rules": [{"package": "foo", "outcome": "fail"}]}'
    hub_control '{"do": "trouble", "troubles": [{"what": "status", "status": 503, "method": "build"}]}'
    hub_counts

The parts: hub_xmlrpc (the format), hub_state (what is known), hub_sessions, hub_calls (the table of
methods), hub_tags, hub_builds, hub_tasks, hub_repos, hub_uploads, hub_cg, hub_orders (the methods), hub_work,
hub_rules, hub_srpms (the builders), hub_trouble (faults on order, counts), hub_control, hub_seed.
"""
import argparse
import gzip
import http.server
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import traceback

import hub_control
import hub_trouble
from hub_calls import Request, handle_call, handle_upload
from hub_sessions import credentials
from hub_state import context, hub
from hub_xmlrpc import BadRequest, Fault, fault_response, read_call, response

BASE = "/kojihub"
LONGEST, LONGEST_LOGIN = 4 * 1024 * 1024, 128 * 1024
PAGE = ('<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
        "<html><head>\n<title>%d %s</title>\n</head><body>\n<h1>%s</h1>\n<p>%s</p>\n</body></html>\n")
HTML = "text/html; charset=iso-8859-1"
SHORT = {"commonName": "CN", "organizationName": "O"}
INSTEAD = ("status", "html", "reset", "fault", *hub_trouble.FAULTS)
REASONS = {502: "Proxy Error"}


class Reply:
    """An answer before it is sent."""

    def __init__(self, body, kind="text/xml", status=200, close=False):
        self.body = body.encode() if isinstance(body, str) else body
        self.kind, self.status, self.close, self.headers = kind, status, close, {}


def page(status, text="The server could not do this."):
    reason = REASONS.get(status) or http.server.BaseHTTPRequestHandler.responses[status][0]
    return Reply(PAGE % (status, reason, reason, text), HTML, status, status in (411, 413, 503))


def inner_methods(method, params):
    """The methods in a multiCall."""
    if method not in ("multiCall", "system.multicall") or not params or not isinstance(params[0], list):
        return []
    return [str(c.get("methodName")) for c in params[0] if isinstance(c, dict)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Apache/2.4.71 (Debian)", ""
    wbufsize = -1

    def setup(self):
        """Connections on which nothing comes are closed, as Apache does."""
        self.timeout = hub.options["keepalive"]
        super().setup()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send(Reply("Method Not Allowed\nThis is an XML-RPC server. Only POST requests are accepted.\n",
                        "text/plain", 405))

    do_PUT = do_DELETE = do_HEAD = do_GET

    def do_POST(self):
        path, _, query = self.path.partition("?")
        context.troubles, context.faults, context.pending = [], 0, []
        if self.headers.get("Transfer-Encoding"):
            self.send(page(411, "A request of the requested method POST requires a valid Content-length.<br />\n"))
            return
        body = self.read_body(path)
        if body is None:
            return
        if path == "/control":
            self.send(self.control(body))
        elif path in (BASE, BASE + "/", BASE + "/ssllogin"):
            self.serve(path, query, body)
        else:
            self.send(page(404, "The requested URL was not found on this server."))

    def read_body(self, path):
        """The body, or None when it is too long and that has been answered."""
        length = int(self.headers.get("Content-Length") or 0)
        if path.endswith("/ssllogin") and length > LONGEST_LOGIN:
            self.send(page(413, "The requested resource does not allow request data"))
            return None
        is_call = path != "/control" and self.headers.get("Content-Type") != "application/octet-stream"
        if is_call and length > LONGEST:
            self.rfile.read(length)
            self.send(Reply("Invalid request: Request too long\n", "text/plain", 400, True))
            return None
        return self.rfile.read(length)

    def control(self, body):
        try:
            return Reply(json.dumps(hub_control.command(body)) + "\n", "application/json")
        except Exception:  # pylint: disable=broad-except
            return Reply(traceback.format_exc(), "text/plain", 400)

    # --- one request to the hub

    def serve(self, path, query, body):
        request = Request(self.headers, query, self.certificate() if path.endswith("/ssllogin") else None)
        upload = self.headers.get("Content-Type") == "application/octet-stream"
        try:
            method, params = ("rawUpload", []) if upload else read_call(body)
        except BadRequest as error:
            hub_trouble.note_request("bad request", [], len(body))
            self.send(Reply(f"Invalid request: {error}\n", "text/plain", 400, True))
            return
        inner = inner_methods(method, params)
        hub_trouble.note_request(method or "none", inner, len(body))
        context.troubles = hub_trouble.strike([method] + inner)
        reply = self.trouble_before(request)
        if reply is None:
            reply = self.answer(method, lambda: handle_upload(request, body) if upload
                                else handle_call(request, method, params))
            reply = self.trouble_after(reply)
        if reply:
            self.send(reply)

    def answer(self, method, work):
        """The answer of a call: its result or its fault."""
        try:
            return Reply(response(work()))
        except Fault as fault:
            code, text = fault.code, fault.text
        except Exception as error:  # pylint: disable=broad-except
            code, text = 1, f"{type(error)}: {error}"
        hub_trouble.note_fault(method)
        return Reply(fault_response(code, text))

    def certificate(self):
        """The subject of the client's certificate, which TLS 1.3 asks for only now."""
        connection = self.connection
        if not isinstance(connection, ssl.SSLSocket):
            return hub.options.get("certificate")
        if not connection.getpeercert() and connection.version() == "TLSv1.3":
            ask_certificate(connection)
        subject = (connection.getpeercert() or {}).get("subject", ())
        parts = [(name, value) for part in reversed(subject) for name, value in part]
        return ",".join(f"{SHORT.get(name, name)}={value}" for name, value in parts)

    # --- trouble

    def trouble_before(self, request):
        """What stands in place of an answer; None: the call is made."""
        for trouble in context.troubles:
            what, args = trouble.what, trouble.args
            if what == "delay":
                time.sleep(args["ms"] / 1000)
            elif what == "expire":
                session = hub.sessions.get(credentials(request.headers, request.query)[0])
                if session:
                    session.expired = True
            elif what in INSTEAD and not args.get("executed") and "at" not in args:
                return self.instead(trouble)
        return None

    def instead(self, trouble):
        """The answer that a trouble gives in place of the call's; or none, and the connection is gone."""
        if trouble.what == "reset":
            self.reset()
            return False
        if trouble.what in hub_trouble.FAULTS:
            return Reply(fault_response(*hub_trouble.FAULTS[trouble.what]))
        if trouble.what == "fault":
            return Reply(fault_response(trouble.args["code"], trouble.args.get("text", "fault on order")))
        return page(200 if trouble.what == "html" else trouble.args["status"])

    def trouble_after(self, reply):
        for trouble in context.troubles:
            what, args = trouble.what, trouble.args
            if what in INSTEAD and args.get("executed"):
                return self.instead(trouble)
            if what == "lose":
                self.close_connection = True
                return False
            if what in ("truncate", "reset"):
                reply.cut, reply.fit, reply.reset = args.get("at", 0), args.get("fit"), what == "reset"
            elif what == "garble":
                at = args["at"] % len(reply.body)
                reply.body = reply.body[:at] + bytes([args.get("byte", 0)]) + reply.body[at + 1:]
            elif what == "type":
                reply.kind = args["type"]
            elif what == "gzip":
                reply.body = gzip.compress(reply.body)
                reply.headers["Content-Encoding"] = "gzip"
        return reply

    def reset(self):
        """Ends the connection with RST."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    # --- sending

    def send(self, reply):
        whole, cut = len(reply.body), getattr(reply, "cut", None)
        body = reply.body if cut is None else reply.body[:cut]
        self.send_response(reply.status, REASONS.get(reply.status))
        if reply.kind != HTML and not hub.is_before("1.35"):
            self.send_header("Koji-Version", hub.options["version"])
        if reply.status == 405:
            self.send_header("Allow", "POST")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if getattr(reply, "fit", False) else whole))
        self.send_header("Content-Type", reply.kind)
        if reply.close or (cut is not None and not reply.fit):
            self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        if getattr(reply, "reset", False):
            self.reset()


def ask_certificate(connection):
    """Asks for the client's certificate and waits for it; a client that sends none is cut off."""
    connection.verify_client_post_handshake()
    connection.settimeout(0.05)
    for _ in range(40):
        try:
            connection.recv(1)
        except (TimeoutError, ssl.SSLWantReadError):
            pass
        if connection.getpeercert():
            connection.settimeout(hub.options["keepalive"])
            return
    raise ssl.SSLError("no certificate")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, options, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.connections = set()
        if options.cert:
            use_tls(self, options)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def go_down(self):
        """Nobody listens any more, and the connections end. Calls that are being made are made."""
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def use_tls(server, options):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    tls.load_verify_locations(options.ca)
    tls.verify_mode, tls.post_handshake_auth = ssl.CERT_OPTIONAL, True
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state")
    parser.add_argument("--version", default="1.35.3")
    parser.add_argument("--old", dest="version", action="store_const", const="1.21.0")
    parser.add_argument("--no-callnum", action="store_true")
    parser.add_argument("--step-ms", type=float, default=2.0)
    for name in ("--cert", "--key", "--ca"):
        parser.add_argument(name)
    options = parser.parse_args()
    hub.options.update(version=options.version, check_callnum=not options.no_callnum, step_ms=options.step_ms)
    hub_control.first_state["file"] = options.state
    hub_control.begin()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
    server = Server(options, options.port)
    scheme = "https" if options.cert else "http"
    with open(options.ready + ".new", "w", encoding="utf-8") as ready:
        ready.write(f"{scheme}://127.0.0.1:{server.server_port}\n")
    os.rename(options.ready + ".new", options.ready)
    is_up = True
    while signal.sigwait({signal.SIGUSR1, signal.SIGTERM}) == signal.SIGUSR1:
        if is_up:
            server.go_down()
        else:
            server = Server(options, server.server_port)
        is_up = not is_up
    os._exit(0)


if __name__ == "__main__":
    main()
