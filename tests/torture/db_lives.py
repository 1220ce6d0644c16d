#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D03 over whole lives in the scheduler: three modules, of which one is built, one fails, and one
fails and is resumed, with one database error at one statement of one pass (db_row.py).
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from db_row import Row, T, TOP  # noqa: E402
from truth import check_truth  # noqa: E402

LEDGER, MESSAGES = f"{T}/memory.jsonl", f"{T}/state/messages.jsonl"
MODULES = {
    "good": ["bash:0:polls-1", "gcc:0::9", "zsh:1"],
    "bad": ["bash:0:fail", "make:0", "zsh:1"],
    "again": ["bash:0:fail-first", "make:0", "zsh:1"],
}
FATES = {"good": 5, "bad": 4, "again": 5}
PASSES = 60


class Lives:
    keeps = False

    def __init__(self):
        self.number = 0

    def prepare(self, row):
        self.number += 1
        self.ids = {}
        row.sql("SET foreign_key_checks = 0")
        for table, _ in row.sql("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'"):
            if table not in ("schema_versions", "limits", "counters", "leases"):
                row.sql(f"DELETE FROM `{table}`")
        for path in (LEDGER, MESSAGES):
            with open(path, "w", encoding="utf-8"):
                pass
        for name, components in MODULES.items():
            done = subprocess.run([f"{TOP}/tests/integration/scheduler_tool", "1", f"{name}-{self.number}", *components],
                                  check=True, stdout=subprocess.PIPE)
            self.ids[int(done.stdout)] = name

    def ask(self, row):
        for _ in range(PASSES):
            self.make_pass()
            self.be_people(row)
            if self.is_over(row):
                self.make_pass()
                return
        raise AssertionError(f"no end after {PASSES} passes: " + repr(row.sql(
            "SELECT b.name, b.state, b.state_reason, c.last_error FROM builds b JOIN claims c ON c.build_id = b.id "
            "WHERE b.id IN %s", list(self.ids))))

    def make_pass(self):
        done = subprocess.run([f"{TOP}/scheduler/rida-scheduler"], stderr=subprocess.PIPE, check=False, timeout=60)
        assert done.returncode in (0, 75), f"a pass ended with {done.returncode}: {done.stderr.decode()[-2000:]}"

    def be_people(self, row):
        """Who failed once is resumed; and time goes by, so that nobody waits for a back-off or a lease."""
        again = next(id for id, name in self.ids.items() if name == "again")
        row.sql("INSERT INTO requests (build_id, kind, caller, created_at) SELECT id, 3, 'ann', UTC_TIMESTAMP(6) "
                "FROM builds b WHERE id = %s AND state = 4 AND epoch = 1 "
                "AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.build_id = b.id)", again)
        row.sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL")
        row.sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6), retry_at = NULL")
        row.sql("UPDATE outbox SET next_try_at = NULL")

    def is_over(self, row):
        builds = row.sql("SELECT id, state, is_cleaned FROM builds WHERE id IN %s", list(self.ids))
        return all(state == FATES[self.ids[id]] and (state == 5 or cleaned) for id, state, cleaned in builds) and \
            not row.sql("SELECT id FROM outbox WHERE sent_at IS NULL")

    def check(self, row, _answer):
        submits = check_truth(row.sql, LEDGER, MESSAGES)
        trace = row.sql("SELECT build_id, GROUP_CONCAT(to_state ORDER BY seq) FROM trace WHERE build_id IN %s "
                        "GROUP BY build_id", list(self.ids))
        return (sorted((self.ids[line["build"]], line["component"]) for line in submits),
                sorted((self.ids[id], states) for id, states in trace))


Row().run("D03-scheduler", {"lives": Lives()})
