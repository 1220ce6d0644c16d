# SPDX-License-Identifier: MIT
"""D03: trials of rida with one database error at one statement each. A trial is an object with

    prepare(row)          makes what it needs, with nothing in the way
    ask(row)              does what is tried, and returns what came of it
    check(row, answer)    asks again where it was told to; returns what there is in the end, which
                          is to be the same whatever had happened on the way
    keeps                 its programs keep connections: it is tried with fresh ones, too

A program's arguments are SEED and COUNT: so many cases by chance, or a share K/N: those of all cases, which
db_proxy.py chooses, that fall to this share, wherever they are found again. The last line is
"ROW done/total N violations".
"""
import os
import random
import sys

import pymysql

from db_proxy import DbProxy

T, TOP = os.environ["T"], os.environ["top_builddir"]
SOCKET = os.environ["RIDA_TEST_SOCKET"]


def choose(cases, seed, count):
    """Those that the arguments ask for."""
    if "/" in count:
        share, shares = map(int, count.split("/"))
        return [found for found in cases if found[2].mark() % shares == share]
    return random.Random(seed).sample(cases, min(int(count), len(cases)))


class Row:
    """The database as it is, and the proxy that the programs take for it."""

    def __init__(self):
        self.link = pymysql.connect(unix_socket=SOCKET, user="root", database="rida", autocommit=True)
        self.proxy = DbProxy(f"{T}/run/db", SOCKET)

    def sql(self, text, *args):
        with self.link.cursor() as cursor:
            cursor.execute(text, args)
            return cursor.fetchall()

    def try_once(self, trial, is_fresh=False, case=None):
        """What there is in the end, and the event that the case's fault was done to."""
        trial.prepare(self)
        if is_fresh:
            self.proxy.drop()
        if case:
            self.proxy.arm(case)
        else:
            self.proxy.listen_in()
        answer = trial.ask(self)
        hit = self.proxy.disarm()
        return trial.check(self, answer), hit

    def look_at_end(self):
        """What is to hold after all trials."""

    def learn(self, trials):
        """How trials end, by name, and all there is to try: (name, whether connections are fresh, case)."""
        ends, cases, known = {}, [], set()
        for name, trial in trials.items():
            self.try_once(trial)
            for is_fresh in (False, True) if trial.keeps else (False,):
                ends[name] = self.try_once(trial, is_fresh)[0]
                cases += [(name, is_fresh, case) for case in self.proxy.cases(known)]
        return ends, cases

    def run(self, label, trials):
        """Runs the cases that the arguments ask for; ends the program."""
        ends, cases = self.learn(trials)
        done, bad = 0, 0
        chosen = choose(cases, int(sys.argv[1]), sys.argv[2])
        for name, is_fresh, case in chosen:
            event = None
            try:
                end, event = self.try_once(trials[name], is_fresh, case)
                assert end == ends[name], f"another end: {end} and not {ends[name]}"
                done += 1
            except AssertionError as problem:
                bad += 1
                event = event or self.proxy.disarm()
                print(f"violation: {name}{' fresh' if is_fresh else ''} {case.number} {case.fault.name} at {event}: {problem}", flush=True)
        self.look_at_end()
        print(f"{label} {done}/{len(chosen)} {bad} violations; there are {len(cases)} cases", flush=True)
        sys.exit(1 if bad else 0)
