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


# How a program talks to others and to its disk: which calls a kill may come at.
CALLS = ("%network", "write,writev,pwrite64", "fsync,fdatasync", "rename,renameat,renameat2", "clone,clone3,vfork",
         "openat,close", "mmap,munmap,brk", "%file", "poll,futex,read")


def strace(place, calls, kill=None):
    """A command that writes the calls of another one to a file, and kills it at one of them."""
    command = ["strace", "-f", "-qq", "-o", place, "-e", f"trace={calls}", "-e", "signal=none"]
    return command + (["-e", f"inject={calls}:signal=KILL:when={kill}"] if kill else [])


def count_calls(place):
    with open(place, encoding="utf-8", errors="replace") as file:
        return sum("(" in line for line in file)


def traced_life(world, life, calls, kill):
    """Passes until it is over or one was killed at the Nth call of all of them; how many calls there were."""
    place = f"{world.case_folder}/calls"
    seen = 0
    for _ in range(40):
        status = pass_with(world, life, before=strace(place, calls, kill - seen if kill else None))
        seen += count_calls(place)
        if status not in (0, 75) or life.is_over(world) or (kill and seen >= kill):
            break
    return seen


def kill_at_call(world, case, life):
    """The scheduler dies at some system call of a life."""
    calls = case.random.choice(CALLS)
    known = world.kept.setdefault("calls", {})
    lives.expected(world, life)
    if (life.name, calls) not in known:
        life.begin(world)
        known[life.name, calls] = traced_life(world, life, calls, None)
    life.begin(world)
    kill = case.random.randint(1, max(known[life.name, calls], 1))
    traced_life(world, life, calls, kill)
    lives.judge(world, life)


@row("R01", "kill -9 at the Nth system call of a life of three modules", floor=500, check=10, needs=("strace",))
def r01(world, case):
    kill_at_call(world, case, lives.SMALL)


@row("R01-hub", "the same with a hub", floor=100, check=3, needs=("strace", "nginx", "rpmbuild", "bwrap"))
def r01_hub(world, case):
    return kill_at_call(world, case, lives.KOJI)


# A pass that dies here leaves intents that nobody knows the outcome of.
BEFORE_RECOVERY = ("after-intent", "after-slots", "before-submit", "after-submit", "after-prepare", "after-tag",
                   "after-regenerate", "before-cancel", "after-cancel", "after-finish", "in-record", "after-repeat")


def die_once(world, life, fault):
    """Passes until one has died of it, or the life is over."""
    for _ in range(40):
        if pass_with(world, life, fault=fault) not in (0, 75) or life.is_over(world):
            return


@row("R05", "kill inside the recovery from a kill", floor=100, check=6, needs=("strace",))
def r05(world, case):
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world)
    die_once(world, life, f"{case.random.choice(BEFORE_RECOVERY)}:kill:{case.random.randint(1, 2)}")
    points = [name for name, where in fault_points() if where in lives.OF_MEMORY]
    for _ in range(case.random.randint(1, 4)):
        if case.random.random() < 0.5:
            pass_with(world, life, fault=f"{case.random.choice(points)}:kill")
        else:
            pass_with(world, life, before=strace(f"{world.case_folder}/calls", "%network", case.random.randint(1, 400)))
    lives.judge(world, life)


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[0] in "Tt"


STOPS = ("after-claim", "after-load", "after-observe", "after-decide", "in-intent", "after-intent", "in-slots",
         "after-slots", "after-session", "before-prepare", "after-prepare", "before-submit", "after-submit", "after-poll",
         "after-tag", "after-regenerate", "before-repo-ready", "after-cancel", "after-finish", "after-clean", "in-record",
         "after-record", "before-release", "in-release")
# Where a transaction is open: others wait for its end, which the database brings about.
IN_TRANSACTION = ("in-intent", "in-slots", "in-record", "in-release")


LEASE = 5


def lease_ends(world):
    """The time of all leases goes by."""
    world.sql("UPDATE claims SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE lease_until IS NOT NULL")
    world.sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")


def lease_passes(world):
    """Waits until the time of all leases has gone by."""
    left = "SELECT 1 FROM claims WHERE lease_until > UTC_TIMESTAMP(6) UNION SELECT 1 FROM leases WHERE lease_until > UTC_TIMESTAMP(6)"
    if not wait_for(3 * LEASE, lambda: not world.sql(left)):
        raise Violation("leases do not end by themselves")


@row("R08", "SIGSTOP of a holder beyond its lease: it changes nothing when it wakes up", floor=100, check=6)
def r08(world, case):
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world, lease=LEASE)
    other = world.host("other")
    point = case.random.choice([name for name in STOPS if name not in IN_TRANSACTION])
    frozen = None
    for _ in range(40):
        life.people(world)
        world.make_due()
        frozen = world.scheduler(fault=f"{point}:stop:{case.random.randint(1, 2)}")
        if wait_for(60, lambda: frozen.poll() is not None or is_stopped(frozen)) and frozen.poll() is None:
            break
    began = time.monotonic()
    if frozen.poll() is not None:
        return 0
    # Time goes by: really, now and then.
    let_go = lease_ends if case.number % 8 else lease_passes
    for _ in range(case.random.randint(1, 12 if case.number % 8 else 2)):
        let_go(world)
        pass_with(world, life, host=other)
    # The time of the leases has gone by for the others; for the frozen one it is a third of it, after which it asks.
    time.sleep(max(0, began + LEASE / 3 + 0.1 - time.monotonic()))
    frozen.send_signal(signal.SIGCONT)
    if frozen.wait(60) not in (0, 75):
        raise Violation(f"the frozen one ended with {frozen.returncode}: {world.said()[-2000:]}")
    lives.judge(world, life)
    return 1


@row("R10", "starts that overlap: one works, the others end at once and well", floor=100, check=4)
def r10(world, case):
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world)
    life.people(world)
    point = case.random.choice(("after-claim", "after-load", "after-slots", "before-submit", "after-record"))
    first = world.scheduler(fault=f"{point}:stop")
    if not wait_for(60, lambda: is_stopped(first)):
        raise Violation(f"no pass comes to {point}")
    began = time.monotonic()
    others = [world.scheduler("--linger", "20") for _ in range(case.random.randint(2, 6))]
    statuses = [other.wait(60) for other in others]
    if any(statuses) or time.monotonic() - began > 10:
        raise Violation(f"the others ended with {statuses} after {time.monotonic() - began:.1f} s: {world.said()[-1000:]}")
    first.send_signal(signal.SIGCONT)
    if first.wait(60):
        raise Violation(f"the first one ended with {first.returncode}")
    if "claims-taken-over" in world.said() or "error" in world.said():
        raise Violation(f"they were in each other's way: {world.said()[-1000:]}")
    lives.judge(world, life)


HOSTS = 8


class Swarm:
    """Schedulers on several hosts, each of which may die at any moment."""

    def __init__(self, world, chance):
        self.world, self.chance = world, chance
        self.hosts = [world.host(f"host{i}") for i in range(HOSTS)]
        self.running = {}  # host name -> (process, when it is killed at the latest)
        self.points = [name for name, where in fault_points() if where in lives.OF_MEMORY]
        self.kills = 0

    def _fault(self):
        action = self.chance.choices(("", "kill", "error", "hang", "stop"), (5, 4, 2, 1, 1))[0]
        return action and f"{self.chance.choice(self.points)}:{action}:{self.chance.randint(1, 3)}"

    def step(self):
        """Each host without a scheduler starts one; some are killed."""
        now = time.monotonic()
        for host in self.hosts:
            process, until = self.running.get(host.name, (None, 0))
            if process and process.poll() is None:
                if now < until:
                    continue
                process.kill()
                process.wait()
            if process:
                self._look(process, host)
            length = self.chance.random() ** 2 * 0.4 + 0.01 if self.chance.random() < 0.5 else 2
            self.running[host.name] = (self.world.scheduler(fault=self._fault(), host=host), now + length)

    def _look(self, process, host):
        if process.returncode not in (0, 75, -signal.SIGKILL):
            raise Violation(f"a pass ended with {process.returncode}: {self.world.said(host)[-2000:]}")
        self.kills += process.returncode == -signal.SIGKILL

    def end(self):
        self.world.stop_all()


@row("R04", "whole random lives with eight schedulers and random kills", floor=100, check=3)
def r04(world, case):
    life = lives.Crowd(case.random)
    life.begin(world)
    swarm = Swarm(world, case.random)
    builds = world.one("SELECT COUNT(*) FROM builds")
    end = time.monotonic() + 6
    while time.monotonic() < end and (swarm.kills < 3 * builds or not life.is_over(world)):
        swarm.step()
        life.people(world)
        world.make_due()
        time.sleep(0.02)
    swarm.end()
    lease_ends(world)
    life.judge(world)
