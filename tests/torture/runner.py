#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whole lives of modules through faults, by the rows of threats that they hold.

    make torture                              each row until its floor is reached
    make torture TIME=90m SEED=7              for so long (s, m, h), divided by row; other moments and choices
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
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from rows import ROWS, Case, Violation  # noqa: E402
from world import World  # noqa: E402

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
CHECK_SECONDS = 220
SKIPPED = 77


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
    """A worker: a world, and cases in it until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
        for _ in self.workers:
            self.orders.put(None)
        for worker in self.workers:
            worker.join(60)


class Progress:
    """How far a row has come."""

    def __init__(self, row, journal):
        self.row = row
        self.known = dict(journal.done.get(row.name, {}))
        self.trials = sum(self.known.values())
        self.problems = []
        self.next = 0
        self.count = None  # of cases; None: endless
        self.spoken = 0.0

    def floor(self):
        return self.row.floor if self.row.floor is not None else self.count

    def has_more(self):
        return self.count is None or self.next < self.count

    def is_reached(self):
        return not self.problems and self.trials >= (self.floor() or 0)

    def speak(self, is_last=False):
        if not is_last and time.monotonic() - self.spoken < 10:
            return
        self.spoken = time.monotonic()
        print(f"{self.row.name} {self.trials}/{self.floor()} {len(self.problems)} violations", flush=True)


class Run:
    def __init__(self, arguments, rows):
        self.arguments = arguments
        self.journal = Journal(arguments.journal, arguments.seed)
        self.progress = [Progress(row, self.journal) for row in rows]
        self.crew = Crew(arguments.jobs, arguments.check)

    def count_cases(self, progress):
        if progress.row.cases and progress.count is None:
            self.crew.tell(progress.row, self.arguments.seed, 0, "count")
            progress.count = self.crew.hear()[2]

    def take(self, progress, answer):
        name, number, trials, problem = answer
        if problem:
            progress.problems.append(problem)
            print(f"{name} FAILED: {problem}\n    again: make torture ROWS={name} SEED={self.arguments.seed} "
                  f"CASE={number}", flush=True)
            return
        progress.trials += trials
        self.journal.note(name, number, trials)

    def try_row(self, progress, end, goal):
        """Cases until so many trials are done or it is time."""
        self.count_cases(progress)
        width = 1 if progress.row.alone else self.arguments.jobs
        running = 0
        while True:
            while (running < width and progress.has_more() and progress.trials + running < goal
                   and time.monotonic() < end):
                number = self.choose(progress)
                if number is None:
                    break
                self.crew.tell(progress.row, self.arguments.seed, number)
                running += 1
            if not running:
                break
            self.take(progress, self.crew.hear())
            running -= 1
            progress.speak()
        progress.speak(True)

    def choose(self, progress):
        """The next case that is not done."""
        while progress.has_more():
            number = progress.next
            progress.next += 1
            if number not in progress.known:
                return number
        return None

    def only(self, number):
        """One case of each row."""
        for progress in self.progress:
            self.count_cases(progress)
            progress.row.floor = 1
            self.crew.tell(progress.row, self.arguments.seed, number)
            self.take(progress, self.crew.hear())
            progress.speak(True)

    def once(self, end):
        for progress in self.progress:
            self.count_cases(progress)
            self.try_row(progress, end, progress.floor() or progress.count)

    def for_time(self, total):
        """Until floors are reached; what is left goes to rows that have not reached theirs, then to all."""
        end = time.monotonic() + total

        def share(some, goal):
            for left, progress in zip(range(len(some), 0, -1), some):
                now = time.monotonic()
                self.try_row(progress, now + (end - now) / left, goal(progress))

        share(self.progress, lambda progress: progress.floor() or sys.maxsize)
        share([p for p in self.progress if not p.is_reached()], lambda progress: progress.floor() or sys.maxsize)
        share(self.progress, lambda progress: sys.maxsize)

    def selection(self):
        """A few cases of each row, chosen by the seed."""
        end = time.monotonic() + CHECK_SECONDS
        for progress in self.progress:
            self.count_cases(progress)
            goal = progress.row.check
            progress.row.floor = goal
            if progress.count:
                progress.row.floor = goal = min(goal, progress.count)
                first = self.arguments.seed * 7919 % progress.count
                progress.known = {n: 0 for n in range(progress.count) if (n - first) % progress.count
                                  * goal % progress.count >= goal}
            self.try_row(progress, end, goal)
            print(f"    {progress.row.title}", flush=True)

    def table(self):
        print("\nrow          trials    floor  violations")
        for progress in self.progress:
            mark = "" if progress.is_reached() else "  NOT REACHED" if not progress.problems else "  BROKEN"
            print(f"{progress.row.name:12} {progress.trials:6} {progress.floor() or 0:8} {len(progress.problems):11}{mark}")

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


def main():
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
        elif arguments.time:
            run.for_time(arguments.time)
        else:
            run.once(sys.maxsize)
    except KeyboardInterrupt:
        print("ended before its time")
    finally:
        run.crew.end()
    run.table()
    return 0 if run.is_good() else 1


sys.exit(main())
