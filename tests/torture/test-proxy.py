#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The fault proxy does what it is told, and nothing when it is told nothing."""
import contextlib
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from proxy import Proxy, tell  # noqa: E402


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="rida-test.")
        self.front, back = (os.path.join(self.folder.name, name) for name in ("front", "back"))
        self.server = socketserver.ThreadingUnixStreamServer(back, Echo)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.proxy = Proxy(f"unix:{self.front}", f"unix:{back}", 7)

    def tearDown(self):
        self.proxy.stop()
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def connect(self):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(5)
        link.connect(self.front)
        self.addCleanup(link.close)
        return link

    @staticmethod
    def echo(link, data):
        """What comes back until all is there, or the end."""
        threading.Thread(target=link.sendall, args=(data,), daemon=True).start()
        got = b""
        while len(got) < len(data) and (part := link.recv(65536)):
            got += part
        return got

    def test_it_passes_everything_on(self):
        link = self.connect()
        data = os.urandom(300000)
        self.assertEqual(self.echo(link, data), data)
        link.shutdown(socket.SHUT_WR)
        self.assertEqual(link.recv(1), b"")
        self.assertEqual(self.proxy.set()["answered"], 300000)

    def test_it_cuts_at_the_byte(self):
        for at in (0, 1, 999):
            self.proxy.set(cut=at)
            self.assertEqual(self.echo(self.connect(), b"x" * 1000), b"x" * at)

    def test_it_cuts_questions_and_kept_connections(self):
        link = self.connect()
        self.assertEqual(self.echo(link, b"first"), b"first")
        self.proxy.set(ask_cut=2)
        self.assertIn(self.echo(link, b"second"), (b"", b"se"))

    def test_it_strikes_so_many_times(self):
        self.proxy.set(cut=1, times=1)
        first, second = self.connect(), self.connect()
        self.assertEqual(self.echo(first, b"abc"), b"a")
        self.assertEqual(self.echo(second, b"abc"), b"abc")
        self.assertEqual(self.proxy.set()["faults"], 1)

    def test_it_resets(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        proxy = Proxy(f"127.0.0.1:{port}", self.proxy.target)
        self.addCleanup(proxy.stop)
        proxy.set(cut=0, reset=True)
        with socket.create_connection(("127.0.0.1", port), 5) as link:
            with self.assertRaises(ConnectionResetError):
                self.echo(link, b"abc")

    def test_it_changes_one_byte(self):
        self.proxy.set(corrupt=3)
        got = self.echo(self.connect(), b"abcdef")
        self.assertEqual((got[:3], got[4:]), (b"abc", b"ef"))
        self.assertNotEqual(got[3:4], b"d")

    def test_it_closes_one_half(self):
        self.proxy.set(half=2)
        link = self.connect()
        self.assertEqual(self.echo(link, b"abc"), b"ab")
        link.sendall(b"still open")

    def test_it_delays_and_drips(self):
        began = time.monotonic()
        self.proxy.set(delay=(0.2, 0.3))
        self.echo(self.connect(), b"abc")
        self.assertGreater(time.monotonic() - began, 0.2)
        began = time.monotonic()
        self.proxy.set(rate=1000)
        self.assertEqual(len(self.echo(self.connect(), b"x" * 400)), 400)
        self.assertGreater(time.monotonic() - began, 0.2)

    def test_it_swallows_and_lets_go(self):
        link = self.connect()
        self.echo(link, b"here")
        self.proxy.set(hole=True)
        link.sendall(b"there")
        link.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            link.recv(10)
        self.proxy.set()
        link.settimeout(5)
        self.assertEqual(link.recv(10), b"there")

    def test_it_refuses_and_comes_back(self):
        kept = self.connect()
        self.echo(kept, b"in")
        self.proxy.set(refuse=True)
        with self.assertRaises(OSError):
            self.connect()
        self.assertEqual(self.echo(kept, b"still"), b"still")
        self.proxy.set(close=True)
        self.assertEqual(kept.recv(1), b"")
        self.assertEqual(self.echo(self.connect(), b"again"), b"again")

    def test_it_can_be_told_by_others(self):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "proxy.py")
        control, front = os.path.join(self.folder.name, "control"), os.path.join(self.folder.name, "other")
        with subprocess.Popen([sys.executable, program, "serve", f"unix:{front}", f"unix:{self.front}", control],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            self.front = front
            tell(control, ["cut=2", "delay=0-0.01"])
            self.assertEqual(self.echo(self.connect(), b"abc"), b"ab")
            self.assertEqual(tell(control, [])["faults"], 1)
            process.stdin.close()


unittest.main(argv=sys.argv[:1])
