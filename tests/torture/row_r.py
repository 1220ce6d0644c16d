# SPDX-License-Identifier: MIT
"""Schedulers that die, freeze and are told to stop."""
import os
import signal
import subprocess
import time

import lives
from rows import Violation, row
from world import SCHEDULER, wait_for


def fault_points():
    """(name, life) of every point there is."""
    printed = subprocess.run([SCHEDULER, "--print-faults"], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split("\t")[:2]) for line in printed.splitlines()]


def end_pass(world, process, host=None):
    """It ends by itself, or is killed when it has reached a point where it hangs; its status."""
    while process.poll() is None:
        if world.has_struck(host) and not wait_for(0.3, lambda: process.poll() is not None):
            process.kill()
        wait_for(0.3, lambda: process.poll() is not None or world.has_struck(host))
    return process.returncode


def pass_with(world, life, **how):
    """One pass that may die; people do their part before it."""
    life.people(world)
    world.make_due()
    status = end_pass(world, world.scheduler(**how), how.get("host"))
    if status not in (0, 75, -signal.SIGKILL, 128 + signal.SIGKILL):
        raise Violation(f"a pass ended with {status}: {world.said(how.get('host'))[-2000:]}")
    return status


@row("R09", "SIGTERM at a random moment: the scheduler ends within 35 s and holds nothing", floor=100, check=6)
def r09(world, case):
    lives.expected(world, lives.MEMORY)
    lives.MEMORY.begin(world)
    for _ in range(case.random.randint(0, 4)):
        pass_with(world, lives.MEMORY)
    lives.MEMORY.people(world)
    world.make_due()
    process = world.scheduler("--linger", "40")
    time.sleep(case.random.random() * case.random.choice((0.06, 0.6)))
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    status = process.wait(60)
    if time.monotonic() - began > 35:
        raise Violation(f"it took {time.monotonic() - began:.0f} s to end")
    # A signal that comes before it is caught ends the process, which holds nothing then.
    if status not in (0, 75, -signal.SIGTERM):
        raise Violation(f"it ended with {status}: {world.said()[-2000:]}")
    held = world.sql("SELECT build_id FROM claims WHERE lease_until IS NOT NULL")
    held += world.sql("SELECT name FROM leases WHERE lease_until > UTC_TIMESTAMP(6) + INTERVAL 1 SECOND")
    if held:
        raise Violation(f"it still holds {held}")
    lives.judge(world, lives.MEMORY)


def memory_points(_world):
    """What the memory builder's life reaches, with each action."""
    lives_of_memory = ("pass", "recover", "repo", "cancel", "retire")
    return [f"{name}:{action}" for name, life in fault_points() if life in lives_of_memory
            for action in ("kill", "error", "hang")]


@row("R03", "kill, error and hang at every named step", check=24, cases=memory_points)
def r03(world, case):
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world)
    for _ in range(60):
        pass_with(world, life, fault=case.what)
        if world.has_struck():
            break
        if life.is_over(world):
            raise Violation(f"no life comes to {case.what}")
    lives.judge(world, life)
