#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many who want the same at once.

    web_races.py submit COUNT URL   W03: COUNT submissions over HTTP, half of them of one module
    web_races.py cancel COUNT SEED  W04: COUNT builds are cancelled at some moment while two schedulers pass
"""
import collections
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time

import pymysql

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from fastcgi import Pool  # noqa: E402
from truth import check_descriptors, check_truth  # noqa: E402

T, TOP = os.environ["T"], os.environ["top_builddir"]
CLIENTS = 100      # at a time
BATCH = 50         # builds that live together
FAILED, READY = 4, 5
COMPONENTS = ("bash:0:ms-5", "gcc:0:polls-2", "zsh:1:ms-0")


def connect():
    link = pymysql.connect(unix_socket=os.environ["RIDA_TEST_SOCKET"], user="root", database="rida", autocommit=True)

    def sql(text, *args):
        with link.cursor() as cursor:
            cursor.execute(text, args)
            return cursor.fetchall()

    return sql


def in_threads(count, function):
    """Calls it in so many threads at once, with their numbers; what they raise is raised."""
    problems = []

    def run(number):
        try:
            function(number)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


class Crowd:
    """Submissions; who is told to come later comes later."""

    def __init__(self, host, names):
        self.host = host
        self.waiting = collections.deque(names)
        self.answers = {name: [] for name in names}
        self.put_off = collections.Counter()

    def submit(self, number):
        """A client: one submission after the other, each until it is decided."""
        chance = random.Random(number)
        while self.waiting:
            try:
                name = self.waiting.popleft()
            except IndexError:
                return
            while not self.is_decided(name, f"127.0.{2 + number // 250}.{1 + number % 250}"):
                time.sleep(chance.uniform(0.05, 1))

    def is_decided(self, name, address):
        link = http.client.HTTPConnection(self.host, timeout=120, source_address=(address, 0))
        body = json.dumps({"scmurl": f"{os.environ['GIT_URL']}/{name}.git/tiny.yaml?#{os.environ['COMMIT']}"})
        link.request("POST", "/rida/module-builds/", body, {"Content-Type": "application/json"})
        answer = link.getresponse()
        text, status = answer.read().decode(), answer.status
        link.close()
        if status in (429, 503):
            assert status == 429 or answer.headers["Retry-After"], f"503 without Retry-After: {text}"
            self.put_off[status] += 1
            return False
        assert status in (201, 409), f"{name}: {status} {text}"
        self.answers[name].append((status, json.loads(text).get("id")))
        return True


def race_to_submit(count, url):
    sql = connect()
    names = [f"one{number}" for number in range(count // 2)]
    for name in [*names, "same"]:
        os.symlink("tiny.git", f"{T}/git/{name}.git")
    order = names + ["same"] * (count - len(names))
    random.Random(count).shuffle(order)
    crowd = Crowd(url.removeprefix("http://"), order)
    in_threads(CLIENTS, crowd.submit)
    builds = collections.defaultdict(list)
    for name, build in sql("SELECT name, id FROM builds"):
        builds[name].append(build)
    for name in {*names, "same"}:
        answers = crowd.answers[name]
        wanted = len(order) - len(names) if name == "same" else 1
        assert len(answers) == wanted, f"{name}: {len(answers)} answers"
        assert len(builds[name]) == 1, f"{name}: builds {builds[name]}"
        assert [id for status, id in answers if status == 201] == builds[name], f"{name}: {answers[:5]}, builds {builds[name]}"
    for table in ("trace", "outbox", "claims", "build_views"):
        wrong = sql(f"SELECT b.id FROM builds b LEFT JOIN {table} t ON t.build_id = b.id "
                    "WHERE b.name LIKE 'one%%' OR b.name = 'same' GROUP BY b.id HAVING COUNT(*) <> 1")
        assert not wrong, f"{table}: {wrong[:5]}"
    print(f"W03 {count}/10000 0 violations; put off: {dict(crowd.put_off)}")


class Cancels:
    def __init__(self, seed):
        self.sql = connect()
        self.pool = Pool(f"{T}/run/read.sock")
        self.chance = random.Random(seed)
        self.ids = []
        self.told = {}  # by build: the status of the answer
        self.is_over = False

    def schedule(self, number):
        while not self.is_over:
            self.make_pass(number)

    @staticmethod
    def make_pass(number):
        done = subprocess.run([f"{TOP}/scheduler/rida-scheduler", "--config", f"{T}/rida.yaml{number}"], stderr=subprocess.PIPE,
                              check=False)
        assert done.returncode == 0, f"a pass ended with {done.returncode}: {done.stderr.decode()[-1000:]}"

    def cancel(self):
        """Each at its moment, by the web."""
        moments = sorted((self.chance.uniform(0, 0.8), id) for id in self.ids)
        began = time.monotonic()
        for moment, build in moments:
            time.sleep(max(0, began + moment - time.monotonic()))
            answer = self.pool.ask("PATCH", f"/rida/module-builds/{build}", '{"state": "failed"}', CONTENT_TYPE="application/json")
            assert answer.status in (202, 409), f"{build}: {answer.status} {answer.text}"
            self.told[build] = answer.status

    def batch(self, number):
        """Builds live and are cancelled; what they came to."""
        done = subprocess.run([f"{TOP}/tests/integration/scheduler_tool", str(BATCH), f"race{number}-", *COMPONENTS], check=True,
                              stdout=subprocess.PIPE)
        self.ids = [int(line) for line in done.stdout.split()]
        self.sql("UPDATE builds SET owner = 'anonymous', gen = gen + 1 WHERE id IN %s", self.ids)
        self.is_over = False
        schedulers = threading.Thread(target=in_threads, args=(2, self.schedule))
        schedulers.start()
        try:
            self.cancel()
        finally:
            self.is_over = True
            schedulers.join()
        for _ in range(100):
            self.sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL")
            self.make_pass(0)
            if not self.sql("SELECT id FROM builds WHERE state NOT IN (4, 5) OR state = 4 AND NOT is_cleaned") and \
                    not self.sql("SELECT id FROM outbox WHERE sent_at IS NULL") and \
                    not self.sql("SELECT id FROM requests WHERE done_at IS NULL"):
                break
        return collections.Counter(self.judge(build) for build in self.ids)

    def judge(self, build):
        state, reason = self.sql("SELECT state, state_reason FROM builds WHERE id = %s", build)[0]
        ends = self.sql("SELECT to_state FROM trace WHERE build_id = %s AND to_state IN (4, 5)", build)
        outcomes = [outcome for outcome, in self.sql("SELECT outcome FROM requests WHERE build_id = %s", build)]
        assert state in (FAILED, READY) and len(ends) == 1, f"build {build} is {state}, and ended as {ends}"
        assert state == READY or reason.startswith("Canceled by "), f"build {build}: {reason}"
        if self.told[build] == 409:
            assert state == READY and not outcomes, f"build {build}: 409, and it is {state}: {outcomes}"
            return "too late for the web"
        assert len(outcomes) == 1, f"build {build}: {outcomes}"
        assert (state == READY) == outcomes[0].startswith("refused"), f"build {build} is {state}: {outcomes}"
        return "cancelled" if state == FAILED else "too late for the scheduler"


def race_to_cancel(count, seed):
    race = Cancels(seed)
    found = collections.Counter()
    for number in range(count // BATCH):
        found += race.batch(number)
        check_truth(race.sql, f"{T}/memory.jsonl", f"{T}/state/messages.jsonl")
    check_descriptors(T)
    print(f"W04 {sum(found.values())}/1000 0 violations; {dict(found)}")


if sys.argv[1] == "submit":
    race_to_submit(int(sys.argv[2]), sys.argv[3])
else:
    race_to_cancel(int(sys.argv[2]), int(sys.argv[3]))
