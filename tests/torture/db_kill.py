#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D01: load on a database that dies again and again. People submit modules over HTTP, half of them
with an Idempotency-Key, while schedulers pass, until there is a file STOP and the database stays. Then
every answer that was given is held against what there is.

    db_kill.py URL STOP
"""
import http.client
import json
import os
import subprocess
import sys
import threading
import time

import pymysql

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from truth import check_truth  # noqa: E402

T, TOP, HOST = os.environ["T"], os.environ["top_builddir"], sys.argv[1].removeprefix("http://")
GIT, COMMIT = os.environ["GIT_URL"], os.environ["COMMIT"]
WRITERS, SCHEDULERS = 4, 2
AWAY = (0, 429, 503)
TIRED = 0.05  # seconds that a writer waits after an answer that sends it away


class Submission:
    """One module that somebody wants built."""

    def __init__(self, name, has_key, address):
        self.name, self.address = name, address
        self.key = f"key-{name}" if has_key else None
        self.answers = []

    def ask(self):
        """The status, 0 for none; notes the answer."""
        link = http.client.HTTPConnection(HOST, timeout=60, source_address=(self.address, 0))
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": self.key} if self.key else {})}
        body = json.dumps({"scmurl": f"{GIT}/{self.name}.git/tiny.yaml?#{COMMIT}"})
        try:
            link.request("POST", "/rida/module-builds/", body, headers)
            answer = link.getresponse()
            self.answers.append((answer.status, answer.read().decode()))
        except (OSError, http.client.HTTPException) as problem:
            self.answers.append((0, str(problem)))
        finally:
            link.close()
        return self.answers[-1][0]


class Load:
    def __init__(self):
        self.goes_on = True
        self.submissions = []
        self.statuses = {}
        self.lock = threading.Lock()

    def write(self, number):
        """Submits module after module; whoever has a key asks until it knows."""
        count = 0
        while self.goes_on:
            count += 1
            submission = Submission(f"w{number}x{count}", count % 2 == 0, f"127.0.1.{number + 1}")
            os.symlink("tiny.git", f"{T}/git/{submission.name}.git")
            with self.lock:
                self.submissions.append(submission)
            while submission.ask() in AWAY and self.goes_on:
                time.sleep(TIRED)
                if not submission.key:
                    break

    def schedule(self, number):
        while self.goes_on:
            status = make_pass(number)
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1


def make_pass(number):
    """Each scheduler is a host of its own: they are not kept apart by the lock of one."""
    with open(f"{T}/log/scheduler{number}", "ab") as log:
        return subprocess.run([f"{TOP}/scheduler/rida-scheduler", "--config", f"{T}/rida.yaml{number}"], stderr=log, check=False).returncode


def settle(sql):
    for _ in range(200):
        sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL")
        sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6), retry_at = NULL")
        sql("UPDATE outbox SET next_try_at = NULL")
        assert make_pass(0) == 0, "a pass fails though the database is there"
        if not sql("SELECT id FROM builds WHERE state <> 5") and not sql("SELECT id FROM outbox WHERE sent_at IS NULL"):
            return
    raise AssertionError(f"not built: {sql('SELECT id, name, state, state_reason FROM builds WHERE state <> 5')}")


def judge(load, sql):
    """Every answer against what there is; the counts of what was found."""
    ids = dict(sql("SELECT name, id FROM builds"))
    counts = {"accepted": 0, "resolved": 0, "left nothing": 0, "left a build": 0}
    for submission in load.submissions:
        build = ids.get(submission.name)
        good = [json.loads(text)["id"] for status, text in submission.answers if status == 201]
        told = {status for status, _ in submission.answers}
        assert told <= {201, 409, *AWAY}, f"{submission.name}: {sorted(set(submission.answers))}"
        assert not good or set(good) == {build}, f"{submission.name}: 201 with {good}, there is {build}"
        assert 409 not in told or build, f"{submission.name}: 409 and no build"
        if submission.key:
            assert build and good, f"{submission.name}: asked until the end, and {submission.answers[-1]}"
        kind = "accepted" if submission.answers[0][0] == 201 else "resolved" if good or 409 in told \
            else "left a build" if build else "left nothing"
        counts[kind] += 1
    return counts


def main():
    load = Load()
    threads = [threading.Thread(target=load.write, args=(number,)) for number in range(WRITERS)]
    threads += [threading.Thread(target=load.schedule, args=(number,)) for number in range(SCHEDULERS)]
    for thread in threads:
        thread.start()
    while not os.path.exists(sys.argv[2]):
        time.sleep(TIRED)
    load.goes_on = False
    for thread in threads:
        thread.join()
    link = pymysql.connect(unix_socket=os.environ["RIDA_TEST_SOCKET"], user="root", database="rida", autocommit=True)

    def sql(text, *args):
        with link.cursor() as cursor:
            cursor.execute(text, args)
            return cursor.fetchall()

    for submission in load.submissions:
        while submission.key and submission.answers[-1][0] in AWAY:
            submission.ask()
    assert set(load.statuses) <= {0, 75}, f"passes ended with {load.statuses}"
    counts = judge(load, sql)
    settle(sql)
    check_truth(sql, f"{T}/memory.jsonl", f"{T}/state/messages.jsonl")
    print(f"{len(load.submissions)} submissions: {counts}; passes by status: {load.statuses}", flush=True)


main()
