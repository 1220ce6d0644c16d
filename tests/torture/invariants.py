# SPDX-License-Identifier: MIT
"""What holds after every case, once nothing is left to do: I1 to I11.

    check(world)                       all that can be said of any life
    check(world, expected)             and that it ended as this one, the fates() of a life without faults
"""
import glob
import json
import os
import re

from rows import Violation
from world import wait_for

# Each finds nothing when the promise is kept.
STATEMENTS = (
    ("I1 a task without an attempt's intent",
     "SELECT a.id FROM attempts a LEFT JOIN effects e ON e.idem_key = a.idem_key WHERE e.id IS NULL"),
    ("I1 a built component without its attempt",
     "SELECT c.build_id, c.name, COUNT(a.id) FROM components c LEFT JOIN attempts a ON a.component_id = c.id "
     "AND a.state = 1 WHERE c.state = 1 AND c.task_id <> 0 GROUP BY c.id HAVING COUNT(a.id) <> 1"),
    ("I2 a gap in a trace",
     "SELECT b.id, b.event_seq, COUNT(t.seq) FROM builds b LEFT JOIN trace t ON t.build_id = b.id GROUP BY b.id "
     "HAVING COUNT(t.seq) <> b.event_seq OR MIN(t.seq) <> 1 OR MAX(t.seq) <> b.event_seq"),
    ("I2 a trace that does not chain",
     "SELECT t.build_id, t.seq FROM trace t LEFT JOIN trace p ON p.build_id = t.build_id AND p.seq = t.seq - 1 "
     "WHERE NOT (t.from_state <=> p.to_state)"),
    ("I2 a trace that ends in another state than its build",
     "SELECT b.id FROM builds b JOIN trace t ON t.build_id = b.id AND t.seq = b.event_seq WHERE t.to_state <> b.state"),
    ("I2 an edge that the machine does not have",
     "SELECT build_id, seq, from_state, to_state FROM trace WHERE NOT (from_state IS NULL AND to_state IN (0, 4)) "
     "AND (from_state, to_state) NOT IN ((0, 1), (0, 4), (1, 2), (1, 4), (2, 3), (2, 4), (3, 5), (4, 0), (4, 1), (4, 6), "
     "(5, 6))"),
    ("I3 a gap in an outbox",
     "SELECT b.id, b.event_seq, COUNT(o.seq) FROM builds b LEFT JOIN outbox o ON o.build_id = b.id GROUP BY b.id "
     "HAVING COUNT(o.seq) <> b.event_seq OR MIN(o.seq) <> 1 OR MAX(o.seq) <> b.event_seq"),
    ("I3 a message with another state than its trace",
     "SELECT t.build_id, t.seq FROM trace t JOIN outbox o USING (build_id, seq) "
     "WHERE JSON_VALUE(o.body, '$.state') <> t.to_state"),
    ("I3 a message that was not sent", "SELECT build_id, seq, problem FROM outbox WHERE sent_at IS NULL"),
    ("I3 a gap in the numbers of events",
     "SELECT COUNT(*), MIN(event_no), MAX(event_no) FROM events HAVING COUNT(*) > 0 AND (MIN(event_no) <> 1 OR "
     "MAX(event_no) <> COUNT(*))"),
    ("I3 events of one build out of order",
     "SELECT e.build_id, e.seq FROM events e JOIN events p ON p.build_id = e.build_id AND p.seq = e.seq - 1 "
     "WHERE p.event_no > e.event_no"),
    ("I3 a numbered message that is no event",
     "SELECT o.build_id, o.seq FROM outbox o LEFT JOIN events e USING (build_id, seq) WHERE o.event_no IS NOT NULL "
     "AND (e.event_no IS NULL OR e.event_no <> o.event_no OR e.msg_id <> o.msg_id)"),
    ("I4 an ended build with a component that builds",
     "SELECT b.id, c.name FROM builds b JOIN components c ON c.build_id = b.id WHERE b.state IN (3, 4, 5, 6) AND c.state = 0"),
    ("I5 an intent that nobody settled",
     "SELECT b.id, e.kind, e.number FROM builds b JOIN effects e ON e.build_id = b.id "
     "WHERE b.state IN (3, 4, 5, 6) AND e.state = 0"),
    ("I5 a request that nobody answered", "SELECT build_id, kind FROM requests WHERE done_at IS NULL"),
    ("I6 a build that nobody will look at",
     "SELECT b.id, b.state FROM builds b LEFT JOIN claims c ON c.build_id = b.id WHERE c.build_id IS NULL OR "
     "b.state IN (0, 1, 2, 3) AND c.due_at IS NULL AND c.quarantined_at IS NULL"),
    ("I9 a claim that is still held", "SELECT build_id, holder FROM claims WHERE lease_until IS NOT NULL"),
)
# What the hub, and nobody else, may be told.
SECRETS = re.compile(r"ridapw|adminpw|Koji-Session-Key|session[_-]key=\w")


def _tasks(world):
    """The tasks that the builder was given, by key, and those of them that are alive."""
    if world.builder == "koji":
        found = world.hub_control(do="ledger")
        return found["keys"], world.live_tasks()
    keys, ends = {}, set()
    if world.builder == "memory" and os.path.exists(world.ledger):
        with open(world.ledger, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.endswith("\n")]
        hanging = set()
        for line in lines:
            if line["event"] == "submit":
                keys.setdefault(line["key"], []).append(line["task"])
                if line.get("ms", 0) < 0:
                    hanging.add(line["task"])
            elif line["event"] == "cancel":
                ends.add(line["task"])
        return keys, hanging - ends
    return keys, set()


def check_tasks(world):
    """I1 and I4, by what the builder says."""
    if world.builder == "local":
        return
    keys, alive = _tasks(world)
    twice = {key: tasks for key, tasks in keys.items() if len(tasks) > 1}
    if twice:
        raise Violation(f"I1 keys with two tasks: {twice}")
    if alive:
        raise Violation(f"I4 tasks that are alive though their builds have ended: {sorted(alive)}")
    known = {row[0] for row in world.sql("SELECT idem_key FROM attempts")}
    unknown = set(keys) - known
    if unknown:
        raise Violation(f"I1 tasks that no row knows: {unknown}")
    wanted = {row[0] for row in world.sql("SELECT a.idem_key FROM attempts a JOIN effects e ON e.idem_key = a.idem_key "
                                          "WHERE a.state = 1 OR e.state = 1")}
    lost = wanted - set(keys)
    if lost:
        raise Violation(f"I1 attempts that the builder does not know: {lost}")


def check_messages(world):
    """I3: the bus got each message, the first time in the order of its build."""
    rows = world.sql("SELECT msg_id, build_id, seq FROM outbox ORDER BY build_id, seq")
    first = {}
    if os.path.exists(world.messages):
        with open(world.messages, encoding="utf-8") as file:
            for number, line in enumerate(file):
                first.setdefault(json.loads(line)["id"], number)
    missing = [row for row in rows if row[0] not in first]
    if missing:
        raise Violation(f"I3 messages that the bus did not get: {missing}")
    if len(first) != len(rows):
        raise Violation("I3 messages that no row knows")
    for one, other in zip(rows, rows[1:]):
        if one[1] == other[1] and first[one[0]] > first[other[0]]:
            raise Violation(f"I3 build {one[1]}: message {other[2]} was sent before {one[2]}")


def check_logs(world):
    """I8: no secrets."""
    for folder, _, names in os.walk(world.case_folder):
        for name in names:
            if not (folder == world.log or name.endswith(".log")):
                continue
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                for line in file:
                    if SECRETS.search(line):
                        raise Violation(f"I8 a secret in {name}: {line.strip()}")


def open_work(world):
    """What the database still does for schedulers, and transactions that nobody has ended."""
    return world.sql("SELECT ID, USER, COMMAND, INFO FROM information_schema.PROCESSLIST WHERE USER = 'rida_scheduler'") \
        + world.sql("SELECT trx_id, trx_state, trx_started FROM information_schema.INNODB_TRX")


def held_files(world):
    """Descriptors below the case's folder, of whatever process; a lock that its holder's child inherited is one."""
    found = []
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(path)
        except OSError:
            continue
        if target.startswith(world.case_folder + "/"):
            found.append(f"{path} -> {target}")
    return found


def check_left(world):
    """I9: no process, no session, no transaction, no descriptor and no temporary folder is left."""
    if not wait_for(10, lambda: not open_work(world)):
        raise Violation(f"I9 the database still works: {open_work(world)}")
    if not wait_for(10, lambda: not world.processes()):
        raise Violation(f"I9 processes are left: {world.processes()}")
    if not wait_for(10, lambda: not held_files(world)):
        raise Violation(f"I9 files are held open: {held_files(world)[:5]}")
    left = [f"{folder}/{name}" for folder, names, files in os.walk(world.case_folder) for name in names + files
            if name.startswith((".old-", ".new-", ".tmp"))]
    if left:
        raise Violation(f"I9 temporary files are left: {left}")


def check_quiet(world):
    """I10: one more pass changes no table but claims."""
    before = world.checksums(but=("claims",))
    world.make_due()
    world.run_pass()
    after = world.checksums(but=("claims",))
    changed = [table for table in before if before[table] != after[table]]
    if changed:
        raise Violation(f"I10 a pass with nothing to do changed {', '.join(changed)}")


def fates(world):
    """How each build has ended: what must be the same with and without faults."""
    builds = world.sql("SELECT b.id, b.name, b.state, b.state_reason, b.epoch, c.quarantined_at IS NOT NULL "
                       "FROM builds b JOIN claims c ON c.build_id = b.id ORDER BY b.name")
    components = {}
    for build, *values in world.sql("SELECT build_id, name, state, nvr IS NOT NULL, tagged, attempt FROM components "
                                    "ORDER BY build_id, name"):
        components.setdefault(build, []).append(tuple(values))
    return {name: (*values, tuple(components.get(build, ()))) for build, name, *values in builds}


def check(world, expected=None):
    world.stop_all()
    for words, statement in STATEMENTS:
        found = world.sql(statement)
        if found:
            raise Violation(f"{words}: {found[:5]}")
    check_tasks(world)
    check_messages(world)
    check_logs(world)
    check_left(world)
    check_quiet(world)
    if expected is not None:
        ended = fates(world)
        for name in sorted(set(expected) | set(ended)):
            if expected.get(name) != ended.get(name):
                raise Violation(f"I11 {name} ended as {ended.get(name)} and not as {expected.get(name)}")
