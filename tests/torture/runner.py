#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whole lives of modules through faults, by the rows of threats that they hold.

    make torture                              each row until its floor is reached
    make torture TIME=90m SEED=7              for so long (s, m, h), divided by row: floors come first; other moments
                                              and choices
    make torture ROWS='R01 D03' JOBS=1        rows whose names begin so; so many at a time (2)
    make torture ROWS=R01 SEED=7 CASE=41      this case only: what a failure says in order to be repeated
    make torture JOURNAL=FILE                 what is done is noted there (torture.journal): a second run with the
                                              same SEED goes on. JOURNAL= notes nothing

Printed is, for each row, "R01 done/total N violations", and a table at the end. The exit status is 1 if there was a
violation or a floor was not reached. Rows are declared in row_*.py, see rows.py; what holds after each case is in
invariants.py; the points of RIDA_FAULT are those that "rida-scheduler --print-faults" prints."""
import argparse
import glob
import importlib
import multiprocessing
import os
import queue
import re
import shutil
import signal
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from rows import ROWS, Case, Violation  # noqa: E402
from world import World  # noqa: E402

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
CHECK_SECONDS = 220
END_SECONDS = 20


def seconds(text):
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"a time like 90m is wanted, not {text}")
    return int(match[1]) * UNITS[match[2]]


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=seconds)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default="", help="beginnings of their names")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--case", type=int)
    parser.add_argument("--journal", default="", help="a file, which is added to")
    parser.add_argument("--check", action="store_true", help='the selection of "make check"')
    parser.add_argument("--list", action="store_true", help="the rows")
    return parser.parse_args()


class Journal:
    """Lines "SEED ROW NUMBER TRIALS" of cases that went well."""

    def __init__(self, path, seed):
        self.path, self.seed, self.done = path, seed, {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    words = line.split()
                    if len(words) == 4 and int(words[0]) == seed:
                        self.done.setdefault(words[1], {})[int(words[2])] = int(words[3])

    def note(self, row, number, trials):
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                print(self.seed, row, number, trials, file=file)


def try_case(world, case):
    """(trials, what was wrong)"""
    try:
        trials = case.row.run(world, case)
        return 1 if trials is None else trials, None
    except Violation as problem:
        return 1, str(problem)
    except Exception:  # a harness that breaks has shown nothing
        return 1, traceback.format_exc()


def work(orders, answers, is_short):
    """A worker: a world, and cases in it until there are no more. With what it starts, it is a group of processes."""
    os.setpgrp()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    world = None
    try:
        for name, seed, number, index in iter(orders.get, None):
            found = ROWS[name]
            world = world or World()
            every = found.cases(world) if found.cases else None
            if index == "count":
                answers.put((name, number, len(every) if every is not None else -1, None))
                continue
            case = Case(found, seed, number, every[number] if every is not None else None, is_short)
            trials, problem = try_case(world, case)
            answers.put((name, number, trials, f"{case}: {problem}" if problem else None))
    except Exception:
        answers.put(("", 0, 0, traceback.format_exc()))
    finally:
        if world:
            world.end()


class Crew:
    """The workers."""

    def __init__(self, jobs, is_short):
        self.size = jobs
        self.orders, self.answers = multiprocessing.Queue(), multiprocessing.Queue()
        self.workers = [multiprocessing.Process(target=work, args=(self.orders, self.answers, is_short)) for _ in range(jobs)]
        for worker in self.workers:
            worker.start()

    def tell(self, row, seed, number, index=None):
        self.orders.put((row.name, seed, number, index))

    def hear(self):
        while True:
            try:
                answer = self.answers.get(timeout=5)
            except queue.Empty:
                if not all(worker.is_alive() for worker in self.workers):
                    sys.exit("a worker of the harness has died")
                continue
            if not answer[0]:
                sys.exit(f"the harness broke: {answer[3]}")
            return answer

    def end(self):
        """Workers that have nothing to do end by themselves; others are ended, with what they have started."""
        for _ in self.workers:
            self.orders.put(None)
        end = time.monotonic() + END_SECONDS
        for worker in self.workers:
            worker.join(max(0, end - time.monotonic()))
            if worker.is_alive():
                os.killpg(worker.pid, signal.SIGTERM)
                worker.join(END_SECONDS)
        self.orders.cancel_join_thread()


class Progress:
    """How far a row has come."""

    def __init__(self, row, journal):
        self.row = row
        self.known = dict(journal.done.get(row.name, {}))
        self.trials = sum(self.known.values())
        self.ended = len(self.known)
        self.problems = []
        self.next = 0
        self.count = None  # of cases; None: endless
        self.running = {}  # cases that are being tried -> since when
        self.spent = 0.0   # seconds of workers
        self.spoken = 0.0

    def floor(self):
        """Trials, or all cases."""
        return self.row.floor if self.row.floor is not None else self.count

    def done(self):
        return self.trials if self.row.floor is not None else self.ended - len(self.problems)

    def choose(self):
        """The next case that is not done; it is begun."""
        number = self.next
        self.next += 1
        self.running[number] = time.monotonic()
        self.skip_done()
        return number

    def skip_done(self):
        while self.next in self.known:
            self.next += 1

    def has_more(self):
        return self.count is None or self.next < self.count

    def is_wanting(self):
        """Whether cases are to be begun until its floor is reached."""
        if not self.has_more() or self.row.floor is None:
            return self.has_more()
        if self.running and not self.ended:
            return False
        worth = max(1, self.trials / self.ended) if self.ended else 1
        return self.trials + len(self.running) * worth < (self.floor() or sys.maxsize)

    def cost(self):
        """What it has taken so far."""
        now = time.monotonic()
        return self.spent + sum(now - begun for begun in self.running.values()), len(self.running)

    def is_reached(self):
        return not self.problems and self.done() >= (self.floor() or 0)

    def speak(self, is_last=False):
        if not is_last and time.monotonic() - self.spoken < 10:
            return
        self.spoken = time.monotonic()
        title = f"  ({self.row.title})" if is_last else ""
        print(f"{self.row.name} {self.done()}/{self.floor()} {len(self.problems)} violations{title}", flush=True)


class Run:
    def __init__(self, arguments, rows):
        self.arguments = arguments
        self.journal = Journal(arguments.journal, arguments.seed)
        self.progress = [Progress(row, self.journal) for row in rows]
        self.crew = Crew(arguments.jobs, arguments.check)

    def count_cases(self):
        for progress in self.progress:
            if progress.row.cases:
                self.crew.tell(progress.row, self.arguments.seed, 0, "count")
                progress.count = self.crew.hear()[2]
            progress.skip_done()

    def begin(self, progress, number=None):
        number = progress.choose() if number is None else number
        self.crew.tell(progress.row, self.arguments.seed, number)

    def take(self, answer):
        """Notes what came of a case; its row."""
        name, number, trials, problem = answer
        progress = next(progress for progress in self.progress if progress.row.name == name)
        progress.ended += 1
        progress.spent += time.monotonic() - progress.running.pop(number, time.monotonic())
        if problem:
            progress.problems.append(problem)
            print(f"{name} FAILED: {problem}\n    again: make torture ROWS={name} SEED={self.arguments.seed} "
                  f"CASE={number}", flush=True)
        else:
            progress.trials += trials
            self.journal.note(name, number, trials)
        return progress

    def try_rows(self, rows, end, has_extra=False):
        """Cases of these rows until their floors are reached or it is time. Whichever has taken the least so far comes next,
        so that time is divided by row and no worker waits; "has_extra": time that is left is divided by all of them."""
        while True:
            while sum(len(progress.running) for progress in rows) < self.crew.size and time.monotonic() < end:
                some = [progress for progress in rows if progress.is_wanting()]
                if not some and has_extra:
                    some = [progress for progress in rows if progress.has_more()]
                if not some:
                    break
                self.begin(min(some, key=Progress.cost))
            if not any(progress.running for progress in rows):
                return
            progress = self.take(self.crew.hear())
            progress.speak(not progress.is_wanting() and not progress.running)

    def only(self, number):
        """One case of each row."""
        self.count_cases()
        for progress in self.progress:
            progress.row.floor = 1
            self.begin(progress, number)
            self.take(self.crew.hear()).speak(True)

    def all(self, total=None):
        """Until floors are reached or, with a time, all of it. Rows that measure time come first, one case at a time."""
        end = time.monotonic() + (total or threading.TIMEOUT_MAX)
        self.count_cases()
        for left, progress in enumerate(self.progress):
            if progress.row.alone:
                now = time.monotonic()
                self.try_alone(progress, now + (end - now) / (len(self.progress) - left))
        self.try_rows([progress for progress in self.progress if not progress.row.alone], end, total is not None)

    def try_alone(self, progress, end):
        while progress.is_wanting() and time.monotonic() < end:
            self.begin(progress)
            self.take(self.crew.hear())
        progress.speak(True)

    def selection(self):
        """A few cases of each row, chosen by the seed."""
        self.count_cases()
        for progress in self.progress:
            progress.row.floor = progress.row.check
            if progress.count:
                progress.row.floor = goal = min(progress.row.check, progress.count)
                first = self.arguments.seed * 7919 % progress.count
                progress.known = {n: 0 for n in range(progress.count) if (n - first) % progress.count
                                  * goal % progress.count >= goal}
                progress.skip_done()
        self.try_rows(self.progress, time.monotonic() + CHECK_SECONDS)

    def table(self):
        print("\nrow           trials    done    floor  violations")
        for progress in self.progress:
            mark = "" if progress.is_reached() else "  NOT REACHED" if not progress.problems else "  BROKEN"
            print(f"{progress.row.name:13} {progress.trials:6} {progress.done():7} {progress.floor() or 0:8} "
                  f"{len(progress.problems):11}{mark}")

    def is_good(self):
        return all(progress.is_reached() for progress in self.progress)


def wanted_rows(arguments):
    """In the order of their declaration; rows whose programs are missing are left out, but not in CI."""
    for path in sorted(glob.glob(f"{HERE}/row_*.py")):
        importlib.import_module(os.path.basename(path)[:-3])
    rows = [row for row in ROWS.values() if not arguments.rows or row.name.startswith(tuple(arguments.rows.split()))]
    if not rows:
        sys.exit(f"there is no row like {arguments.rows}")
    if arguments.check:
        rows = [row for row in rows if row.check]
    for row in list(rows):
        missing = [program for program in row.needs if not shutil.which(program)]
        if missing and "CI" in os.environ:
            sys.exit(f"{row.name} needs {', '.join(missing)}")
        if missing:
            print(f"{row.name} is left out: {', '.join(missing)} is missing")
            rows.remove(row)
    return rows


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupt)
    arguments = read_arguments()
    rows = wanted_rows(arguments)
    if arguments.list:
        for row in rows:
            print(f"{row.name:12} {row.floor if row.floor is not None else 'all':>6}  {row.title}")
        return 0
    run = Run(arguments, rows)
    try:
        if arguments.case is not None:
            run.only(arguments.case)
        elif arguments.check:
            run.selection()
        else:
            run.all(arguments.time)
    except KeyboardInterrupt:
        print("ended before its time")
    finally:
        run.crew.end()
    run.table()
    return 0 if run.is_good() else 1


sys.exit(main())
