# SPDX-License-Identifier: MIT
"""Builds that kill their scheduler, and hubs that answer badly."""
import time

import invariants
from rows import Violation, row
from world import READY

CROWD = 500


def time_of_crowd(world, crowd, fault):
    """Seconds until all the others are ready, with a pass begun as soon as the last one has ended."""
    world.begin(backoff_max=1, quarantine_attempts=12, log_level="warning", num_concurrent_builds=0)
    parts = [f"{name}:ms-{crowd * 8}" for name in ("bash:0", "zsh:1")]
    world.insert(crowd // 2, "older", *parts)
    world.insert(1, "poison", "bash:0:ms-0")
    world.insert(crowd - crowd // 2 - 1, "newer", *parts)
    began = time.monotonic()
    while world.one("SELECT COUNT(*) FROM builds WHERE name <> 'poison' AND state <> %s", READY):
        if time.monotonic() - began > 60:
            raise Violation(f"the others are not ready after a minute: {world.said()[-2000:]}")
        world.scheduler("--linger", "1", fault=fault).wait(60)
    return time.monotonic() - began


@row("K03", "one build whose step always crashes, among 500: the others take as long, and it is set aside", floor=3,
     alone=True)
def k03(world, case):
    step = case.random.choice(("before-prepare", "after-prepare", "before-submit", "after-submit"))
    crowd = 60 if case.is_short else CROWD
    without = time_of_crowd(world, crowd, "")
    with_it = time_of_crowd(world, crowd, f"{step}@poison:crash:0")
    for _ in range(20):
        if world.one("SELECT quarantined_at IS NOT NULL FROM claims JOIN builds ON id = build_id WHERE name = 'poison'"):
            break
        world.make_due()
        world.scheduler(fault=f"{step}@poison:crash:0").wait(60)
    else:
        raise Violation("the build that always crashes is not set aside")
    others = world.sql("SELECT name, last_error FROM claims JOIN builds ON id = build_id "
                       "WHERE quarantined_at IS NOT NULL AND name <> 'poison'")
    if others:
        raise Violation(f"others are set aside with it: {others}")
    print(f"K03 {step}: {without:.1f} s without it, {with_it:.1f} s with it")
    if not case.is_short and with_it > 1.1 * without + 0.5:
        raise Violation(f"the others took {with_it:.1f} s and not {without:.1f} s")
    # Somebody mends what it died of, and lets it go on.
    world.sql("UPDATE claims SET quarantined_at = NULL, attempts = 0, due_at = UTC_TIMESTAMP(6)")
    world.settle()
    invariants.check(world)
