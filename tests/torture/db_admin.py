#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D03 over rida-admin: each command with one database error at one statement (db_row.py). It ends
with 0 or 75, and once it was called again everything is as if nothing had been.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from db_row import Row, T, TOP  # noqa: E402

REQUESTS = "SELECT DISTINCT kind FROM requests WHERE build_id = %s AND done_at IS NULL"
CLAIM = "SELECT due_at <= UTC_TIMESTAMP(6), quarantined_at IS NOT NULL FROM claims WHERE build_id = %s"
SCHEMA = (
    "SELECT table_name, column_name, column_type, is_nullable, column_default FROM information_schema.columns "
    "WHERE table_schema = 'fresh' ORDER BY 1, 2",
    "SELECT table_name, index_name, seq_in_index, column_name FROM information_schema.statistics "
    "WHERE table_schema = 'fresh' ORDER BY 1, 2, 3",
    "SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = 'fresh' ORDER BY 1",
    "SELECT version, sha256 FROM fresh.schema_versions",
)


class Command:
    """A command on a build in a state; the question is what it is to have changed."""
    keeps = False

    def __init__(self, words, state="init", question=CLAIM):
        self.words, self.state, self.question = words, state, question
        self.number = 0

    def prepare(self, row):
        self.number += 1
        self.name = f"{self.words.split()[0]}{self.number}"
        done = subprocess.run([f"{TOP}/tests/integration/scheduler_tool", "1", self.name, "bash"], check=True, stdout=subprocess.PIPE)
        self.build = int(done.stdout)
        for state in {"init": [], "failed": [4], "ready": [1, 2, 3, 5]}[self.state]:
            row.sql("UPDATE builds SET state = %s, gen = gen + 1, event_seq = event_seq + 1 WHERE id = %s", state, self.build)
        row.sql("UPDATE claims SET due_at = NULL WHERE build_id = %s", self.build)
        row.sql("DELETE FROM counters WHERE name = 'maintenance'")
        row.sql("UPDATE build_views SET gen = 0 WHERE build_id = %s", self.build)

    def ask(self, _row):
        words = [word.format(id=self.build, name=self.name, T=T) for word in self.words.split()]
        return subprocess.run([f"{TOP}/scheduler/rida-admin", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, check=False, timeout=60)

    def check(self, row, first):
        said = first.stdout.decode()
        assert first.returncode in (0, 75), f"ended with {first.returncode}: {said}"
        assert first.returncode == 0 or "database" in said or "database's" in said, f"ended with 75: {said}"
        if first.returncode:
            again = self.ask(row)
            assert again.returncode == 0, f"again ended with {again.returncode}: {again.stdout.decode()}"
        return self.end(row)

    def end(self, row):
        return row.sql(self.question, self.build), row.sql("SELECT value FROM counters WHERE name = 'maintenance'")


class Repair(Command):
    """Its one build has a view of another generation."""

    def end(self, row):
        return row.sql("SELECT COUNT(*) FROM builds b LEFT JOIN build_views v ON v.build_id = b.id WHERE NOT (v.gen <=> b.gen)")


class Fresh(Command):
    """A command on a database of its own."""

    def prepare(self, row):
        self.build = self.name = 0
        row.sql("CREATE DATABASE IF NOT EXISTS fresh CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")


class Check(Fresh):
    """Nothing is to be found."""

    def prepare(self, row):
        super().prepare(row)
        subprocess.run([f"{TOP}/scheduler/rida-admin", "migrate", "--config", f"{T}/fresh.yaml"], check=True,
                       stdout=subprocess.DEVNULL)

    def end(self, _row):
        return None


class Migration(Fresh):
    """The database comes to this release's schema."""

    def prepare(self, row):
        row.sql("DROP DATABASE IF EXISTS fresh")
        super().prepare(row)

    def end(self, row):
        return [row.sql(question) for question in SCHEMA]


Row().run("D03-admin", {
    "cancel": Command("cancel {id}", "init", REQUESTS),
    "retry": Command("retry {id}", "failed", REQUESTS),
    "retire": Command("retire {name}:1 --confirm", "ready", REQUESTS),
    "hold": Command("hold {id}"),
    "release": Command("release {id}"),
    "due": Command("due {id}"),
    "maintenance": Command("maintenance on"),
    "check": Check("check --config {T}/fresh.yaml"),
    "repair": Repair("repair"),
    "migrate": Migration("migrate --config {T}/fresh.yaml"),
})
