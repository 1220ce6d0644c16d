#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A database that is slow, cut off or full of others: what web, scheduler and rida-admin say meanwhile, and what
there is afterwards.

    db_trouble.py slow SEED COUNT          D04: delays up to 5 s an answer, drips, cuts, silence, refusals
    db_trouble.py connections SEED COUNT   D07: max_connections, MAX_USER_CONNECTIONS
"""
import contextlib
import json
import os
import random
import subprocess
import sys
import time

import pymysql

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from fastcgi import Pool  # noqa: E402
from proxy import Proxy  # noqa: E402
from truth import check_descriptors, check_truth  # noqa: E402

T, TOP = os.environ["T"], os.environ["top_builddir"]
SOCKET = os.environ["RIDA_TEST_SOCKET"]
BUILDS = "/rida/module-builds/"
WEB_SECONDS = 6     # within which the web answers
LIST_SECONDS = 60   # within which the list of all builds ends, which goes on while something comes
BACK_SECONDS = 10   # within which it is as before
PASS_SECONDS = 60


class Service:
    def __init__(self):
        self.read, self.submit = Pool(f"{T}/run/read.sock"), Pool(f"{T}/run/submit.sock")
        self.link = self.connect("root")
        self.number = 0
        self.slowest = 0
        self.ids = self.insert()

    @staticmethod
    def connect(user):
        return pymysql.connect(unix_socket=SOCKET, user=user, database="rida", autocommit=True)

    def sql(self, text, *args):
        with self.link.cursor() as cursor:
            cursor.execute(text, args)
            return cursor.fetchall()

    def insert(self):
        """Builds that are to be built."""
        self.number += 1
        done = subprocess.run([f"{TOP}/tests/integration/scheduler_tool", "2", f"{sys.argv[1]}{self.number}-", "bash:0:polls-1", "zsh:1"],
                              check=True, stdout=subprocess.PIPE)
        ids = [int(line) for line in done.stdout.split()]
        self.sql("UPDATE builds SET owner = 'anonymous', gen = gen + 1 WHERE id IN %s", ids)
        return ids

    def post(self):
        name = f"posted{self.number}x{time.monotonic_ns()}"
        os.symlink("tiny.git", f"{T}/git/{name}.git")
        body = json.dumps({"scmurl": f"{os.environ['GIT_URL']}/{name}.git/tiny.yaml?#{os.environ['COMMIT']}"})
        return self.submit.ask("POST", BUILDS, body, CONTENT_TYPE="application/json")

    def requests(self):
        """Each kind of request, by name."""
        cancel = {"CONTENT_TYPE": "application/json"}
        return {
            "one": lambda: self.read.ask("GET", f"{BUILDS}{self.ids[0]}"),
            "list": lambda: self.read.ask("GET", f"{BUILDS}?verbose=true"),
            "page": lambda: self.read.ask("GET", BUILDS, HTTP_ACCEPT="text/html"),
            "change": lambda: self.read.ask("PATCH", f"{BUILDS}{self.ids[-1]}", '{"state": "failed"}', **cancel),
            "submission": self.post,
        }

    def ask_all(self, allowed=(200, 201, 202, 409, 503)):
        """Asks everything; the statuses. An answer that breaks off has none."""
        statuses = set()
        for name, request in self.requests().items():
            began = time.monotonic()
            try:
                answer = request()
            except ConnectionError:
                answer = None
            took = time.monotonic() - began
            assert took < (LIST_SECONDS if name == "list" else WEB_SECONDS), f"{name} took {took:.1f} s"
            if answer:
                self.slowest = max(self.slowest, answer.seconds)
                assert answer.seconds < WEB_SECONDS, f"{name} began after {answer.seconds:.1f} s"
                assert answer.status in allowed, f"{name}: {answer.status} {answer.text}"
                assert answer.status != 503 or answer.header("retry-after"), f"{name}: no Retry-After"
                statuses.add(answer.status)
        return statuses

    def is_good(self):
        with contextlib.suppress(ConnectionError):
            return self.read.ask("GET", f"{BUILDS}{self.ids[0]}").status == 200 and self.submit.ask(
                "POST", BUILDS, "{}", CONTENT_TYPE="application/json").status == 400
        return False

    def comes_back(self):
        end = time.monotonic() + BACK_SECONDS
        while not self.is_good():
            assert time.monotonic() < end, "the web does not come back"
            time.sleep(0.05)

    @staticmethod
    def run(program, *words):
        return subprocess.run([f"{TOP}/scheduler/{program}", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=PASS_SECONDS)

    def make_pass(self, allowed=(0, 75)):
        done = self.run("rida-scheduler")
        assert done.returncode in allowed, f"a pass ended with {done.returncode}: {done.stdout.decode()[-1500:]}"

    def settle(self):
        for _ in range(100):
            self.sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL")
            self.sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6), retry_at = NULL")
            self.sql("UPDATE outbox SET next_try_at = NULL")
            self.make_pass((0,))
            if not self.sql("SELECT id FROM builds WHERE state NOT IN (4, 5) OR state = 4 AND NOT is_cleaned") and \
                    not self.sql("SELECT id FROM outbox WHERE sent_at IS NULL") and \
                    not self.sql("SELECT id FROM requests WHERE done_at IS NULL"):
                break
        check_truth(self.sql, f"{T}/memory.jsonl", f"{T}/state/messages.jsonl")
        wrong = self.sql("SELECT id, state_reason FROM builds WHERE state = 4 AND state_reason NOT LIKE 'Canceled by %%'")
        assert not wrong, f"builds that failed: {wrong}"


class Slow(Service):
    """Each kind of trouble as the proxy is told it: for the web, and for a pass, which asks far more."""
    kinds = {
        "delay": lambda chance: ({"delay": (0, chance.choice((0.5, 1.5, 5)))}, {"delay": (0, 0.02)}),
        "drip": lambda chance: ({"rate": chance.choice((20000, 100000))}, {"rate": 20000}),
        "cut": lambda chance: ({"cut": chance.randrange(4000)},) * 2,
        "cut once": lambda chance: ({"cut": chance.randrange(2000), "times": 1},) * 2,
        "question cut": lambda chance: ({"ask_cut": chance.randrange(3000)},) * 2,
        "half": lambda chance: ({"half": chance.randrange(2000)},) * 2,
        "silence": lambda chance: ({"hole": True}, {"cut": chance.randrange(20000)}),
        "refusal": lambda chance: ({"refuse": True, "close": True},) * 2,
    }

    def __init__(self):
        self.proxy = Proxy(f"unix:{T}/run/db", f"unix:{SOCKET}")
        super().__init__()

    def case(self, chance):
        kind = chance.choice(list(self.kinds))
        self.proxy.chance = chance
        for_web, for_pass = self.kinds[kind](chance)
        self.ids = self.insert()
        self.proxy.set(**for_web)
        statuses = self.ask_all()
        self.proxy.set(**for_pass)
        self.make_pass()
        self.proxy.set()
        self.comes_back()
        self.settle()
        check_descriptors(T)
        return f"{kind} {for_web}: {sorted(statuses)}"


class Connections(Service):
    """Others hold what connections there are, of the server or of one account."""

    def case(self, chance):
        who = chance.choice(("everybody", "rida_web", "rida_scheduler", "rida_admin"))
        self.ids = self.insert()
        if chance.random() < 0.5:
            self.sql("SET GLOBAL max_connections = 151")
            for thread, in self.sql("SELECT id FROM information_schema.processlist WHERE user = 'rida_web'"):
                with contextlib.suppress(pymysql.err.OperationalError):
                    self.sql(f"KILL {thread}")
        self.limit(who, chance.randint(10, 20) if who == "everybody" else chance.randint(2, 5))
        held = self.hold("rida_admin" if who == "everybody" else who)
        try:
            statuses = self.ask_all() if who in ("everybody", "rida_web") else self.ask_all((200, 201, 202, 409))
            self.make_pass((75,) if who in ("everybody", "rida_scheduler") else (0,))
            done = self.run("rida-admin", "due", str(self.ids[0]))
            wanted = 75 if who in ("everybody", "rida_admin") else 0
            assert done.returncode == wanted, f"rida-admin ended with {done.returncode}: {done.stdout.decode()}"
        finally:
            for link in held:
                link.close()
            self.limit(who, 0)
        self.comes_back()
        self.settle()
        return f"{who}, {len(held)} held: {sorted(statuses)}"

    def limit(self, who, count):
        if who == "everybody":
            self.sql(f"SET GLOBAL max_connections = {count or 151}")
        else:
            self.sql(f"ALTER USER {who}@localhost WITH MAX_USER_CONNECTIONS {count or 60}")

    def hold(self, user):
        held = []
        try:
            while len(held) < 200:
                held.append(self.connect(user))
        except pymysql.err.OperationalError as problem:
            assert problem.args[0] in (1040, 1203, 1226), problem
        return held


def main():
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    service, row = (Slow(), "D04") if kind == "slow" else (Connections(), "D07")
    done = bad = 0
    for number in range(count):
        try:
            print(f"{number}: {service.case(random.Random(f'{seed} {number}'))}", file=sys.stderr)
            done += 1
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            bad += 1
            print(f"violation: {row} case {number} of seed {seed}: {problem}", flush=True)
            break
    print(f"{row} {done}/20 {bad} violations; the slowest answer took {service.slowest:.2f} s", flush=True)
    sys.exit(1 if bad else 0)


main()
