# SPDX-License-Identifier: MIT
"""Builds that kill their scheduler, and hubs that answer badly."""
import time

import invariants
import lives
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
    step = case.random.choice(("before-prepare", "after-prepare", "before-submit", "before-tag"))
    crowd = 60 if case.is_short else CROWD
    without = time_of_crowd(world, crowd, "")
    with_it = time_of_crowd(world, crowd, f"{step}@poison:crash:0")
    for _ in range(20):
        if world.one("SELECT quarantined_at IS NOT NULL FROM claims JOIN builds ON id = build_id WHERE name = 'poison'"):
            break
        world.make_due()
        world.scheduler(fault=f"{step}@poison:crash:0").wait(60)
    else:
        raise Violation("the build that always crashes is not set aside: "
                        + str(world.sql("SELECT name, state, attempts, due_at, holder, quarantined_at FROM claims "
                                        "JOIN builds ON id = build_id WHERE name = 'poison'")) + world.said()[-800:])
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


# What a hub may do to any request (a refusal is an answer, but for what the hub says of itself), and to what it answers:
# see tests/stub/hub_trouble.py.
REFUSED = {"what": "fault", "code": 1000, "text": "not today"}
BAD_ANSWERS = (
    {"what": "status", "status": 500}, {"what": "status", "status": 502}, {"what": "status", "status": 503},
    {"what": "status", "status": 504, "executed": True}, {"what": "html"}, {"what": "html", "executed": True},
    {"what": "offline"}, {"what": "lockout"}, {"what": "database", "executed": True}, {"what": "expire"},
    {"what": "reset"}, {"what": "reset", "executed": True}, {"what": "lose"}, {"what": "truncate"},
    {"what": "truncate", "fit": True}, {"what": "garble"}, {"what": "type", "type": "text/html"}, {"what": "gzip"},
    dict(REFUSED, method="login"), dict(REFUSED, method="getLoggedInUser|getKojiVersion|logout"),
)
ODD_VALUES = (
    ("getTaskInfo", "state", (None, -1, 99, "open", 0)), ("getTaskInfo", "id", (None, 0, "x")),
    ("listTasks", "id", (None, 0)), ("listTasks", "state", (None, 7)), ("getBuild", "nvr", (None, "", 3)),
    ("listTagged", "nvr", (None, "")), ("getTag", "id", (None, "x")), ("getRepo", "id", (None, 0)),
    ("listBuilds", "state", (None, 9)), ("getTaskChildren", "state", (None, -5)),
)


def troubled_life(world, case, troubles):
    """A life in which the hub has these troubles, until it is well again; it ends as it would have."""
    life = lives.KOJI
    lives.expected(world, life)
    life.begin(world)
    for _ in range(case.random.randint(0, 8)):
        world.make_due()
        world.run_pass()
    world.hub_control(do="trouble", clear=True, troubles=troubles)
    for _ in range(case.random.randint(2, 8)):
        world.make_due()
        world.run_pass()
    world.hub_control(do="trouble", clear=True)
    lives.judge(world, life)


@row("K01", "lives through a hub that answers with errors, garbage, half answers or none", floor=100, check=3,
     needs=("nginx", "rpmbuild", "bwrap"))
def k01(world, case):
    troubles = []
    for _ in range(case.random.randint(1, 4)):
        trouble = dict(case.random.choice(BAD_ANSWERS))
        if trouble["what"] in ("truncate", "garble", "reset"):
            trouble["at"] = case.random.randint(0, 400)
        if trouble["what"] == "garble":
            trouble["byte"] = case.random.randint(0, 255)
        troubles.append(dict(trouble, next=case.random.randint(1, 3), skip=case.random.randint(0, 12)))
    troubled_life(world, case, troubles)


@row("K02", "lives through a hub that answers odd values", floor=100, check=3, needs=("nginx", "rpmbuild", "bwrap"))
def k02(world, case):
    troubles = []
    for _ in range(case.random.randint(1, 3)):
        method, field, values = case.random.choice(ODD_VALUES)
        troubles.append({"what": "set", "method": method, "field": field, "value": case.random.choice(values),
                         "next": case.random.randint(1, 3), "skip": case.random.randint(0, 4)})
    troubled_life(world, case, troubles)
