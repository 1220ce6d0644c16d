# SPDX-License-Identifier: MIT
"""Clocks that jump: those of hosts, which nothing may depend on, and the database's, which costs time at most."""
import glob
import os

import lives
from rows import Violation, row
from world import FAILED, World

PRELOAD = (glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") or [""])[0]
HOST_JUMPS = ("-300", "+300", "-3600", "+3600", "-86400", "+86400", "-315360000", "+315360000")
DATABASE_JUMPS = (-3600, -300, -1, 0, 1, 300, 3600)
DECADE = 315360000
OVERDUE_PER_PASS = 5


class ClockWorld(World):
    """A world whose database believes a file about the time."""

    def start_database(self):
        self.clock = f"{self.folder}/clock"
        self.jump(0)
        self.ground.run(f"export LD_PRELOAD={PRELOAD} FAKETIME_TIMESTAMP_FILE={self.clock} FAKETIME_NO_CACHE=1 "
                        "FAKETIME_DONT_FAKE_MONOTONIC=1")
        super().start_database()
        self.ground.run("unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC")

    def jump(self, seconds):
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            print(f"{seconds:+d}", file=file)
        os.rename(self.clock + ".new", self.clock)

    def make_due(self):
        self.sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL")


def at_host_time(offset):
    """A command that runs programs at another time of their host. A sanitizer would want to be loaded first."""
    return ["env", f"LD_PRELOAD={PRELOAD}", f"FAKETIME={offset}", "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"]


def lives_go_on(world, case):
    """Two hosts of different times, and a database that jumps between passes: everything ends as it would."""
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world)
    hosts = [world.host("east"), world.host("west")]
    offsets = [case.random.choice(HOST_JUMPS) for _ in hosts]
    for _ in range(40):
        life.people(world)
        world.make_due()
        which = case.random.randrange(2)
        world.run_pass(host=hosts[which], before=at_host_time(offsets[which]))
        if case.random.random() < 0.4:
            world.jump(case.random.choice(DATABASE_JUMPS))
        if life.is_over(world):
            break
    world.jump(0)
    lives.judge(world, life)


def few_are_overdue(world, case):
    """A database ten years ahead fails no more builds in a pass than an operator can look at."""
    world.begin(num_concurrent_builds=100)
    world.insert(30, "many", "bash:0:hang")
    world.run_pass()
    world.jump(DECADE)
    passes = case.random.randint(1, 3)
    for _ in range(passes):
        world.make_due()
        world.run_pass()
    world.jump(0)
    failed = world.one("SELECT COUNT(*) FROM builds WHERE state = %s", FAILED)
    if failed > OVERDUE_PER_PASS * passes:
        raise Violation(f"{failed} builds failed in {passes} passes of a wrong time")


@row("T01", "clocks of hosts and of the database that jump", floor=50, check=3)
def t01(world, case):
    if not PRELOAD:
        raise Violation("libfaketime is missing")
    world = world.other(ClockWorld)
    if case.number % 5 == 4:
        few_are_overdue(world, case)
    else:
        lives_go_on(world, case)
