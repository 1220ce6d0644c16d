# SPDX-License-Identifier: MIT
"""A server that nobody should use as a proxy, and one that git is sent to: proxy_canary.py FOLDER.
Writes their ports to FOLDER/ports; adds a line to FOLDER/proxy or FOLDER/direct for each connection, with
its first bytes in hexadecimal, and to FOLDER/environment what the git processes then have in theirs."""
import os
import socket
import sys
import threading

FOLDER = sys.argv[1]


def environments():
    """The environments of the git processes that were sent to our port."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
            if b"git" in words and str(DIRECT.getsockname()[1]).encode() in words:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    yield from file.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue


def note(name, lines):
    with open(f"{FOLDER}/{name}", "a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def serve(server, name):
    while True:
        link, _ = server.accept()
        link.settimeout(2)
        try:
            note(name, [link.recv(64).hex()])
            if name == "direct":
                note("environment", environments())
        except OSError:
            note(name, ["nothing"])
        link.close()


PROXY, DIRECT = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
for file_name in ("proxy", "direct", "environment"):
    note(file_name, [])
with open(FOLDER + "/ports.new", "w", encoding="utf-8") as ports:
    ports.write(f"{PROXY.getsockname()[1]} {DIRECT.getsockname()[1]}\n")
os.rename(FOLDER + "/ports.new", FOLDER + "/ports")
threading.Thread(target=serve, args=(PROXY, "proxy"), daemon=True).start()
serve(DIRECT, "direct")
