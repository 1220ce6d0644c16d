# SPDX-License-Identifier: MIT
"""One world: a temporary folder with a database, and whatever else a row asks for, in which whole lives of modules go by.

    world = World()              # starts the database, once for many cases
    world.begin(backoff_max=2)   # no builds; a configuration, and a folder of its own, for a case with the memory builder
    world.insert(1, "good", "bash:0:ms-10", "zsh:1")
    world.scheduler(fault="after-intent:kill").wait()
    world.settle()

    world.begin_koji()           # the same with a stand-in hub, git, and rida before nginx; modules are posted

Everything is started by tests/lib through ground.sh, and stopped by its pid when the world ends.
"""
import dataclasses
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request

import pymysql

from rows import Violation

SRC = os.environ.get("top_srcdir", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("top_builddir", ".")
SCHEDULER = f"{BUILD}/scheduler/rida-scheduler"
STATES = ("init", "wait", "build", "done", "failed", "ready", "garbage")
INIT, WAIT, BUILDING, DONE, FAILED, READY, GARBAGE = range(7)
CANCEL, GATE, RESUME, RETIRE, RELEASE = range(1, 6)
GOOD_STATUS = (0, 75)
PASS_SECONDS = 30


class Ground:
    """The shell of ground.sh."""

    def __init__(self):
        self.problems = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.shell = subprocess.Popen([f"{SRC}/tests/torture/ground.sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.problems, text=True)
        self.folder = self.shell.stdout.readline().strip()

    def run(self, line):
        """What the line printed; it is an error when it failed."""
        self.shell.stdin.write(line + "\n")
        self.shell.stdin.flush()
        status = self.shell.stdout.readline().strip()
        if status != "0":
            self.problems.seek(0)
            raise RuntimeError(f"{line}: {self.problems.read()[-4000:]}")
        with open(f"{self.folder}/answer", encoding="utf-8") as file:
            return file.read()

    def end(self):
        self.shell.stdin.close()
        self.shell.wait()


@dataclasses.dataclass
class Host:
    """Where schedulers run: folders for state and locks of their own."""
    name: str
    config: str


class World:
    def __init__(self):
        self.ground = Ground()
        self.folder = self.ground.folder
        self.others = {}       # further worlds, by their kinds
        self.start_database()
        self.ground.run("configure_scheduler")
        self.ground.run("migrate_db")
        self.socket = self.ground.run('echo "$RIDA_TEST_SOCKET"').strip()
        self.db = pymysql.connect(unix_socket=self.socket, user="root", database="rida", autocommit=True)
        self.tables = [name for name, kind in self.sql("SHOW FULL TABLES") if kind == "BASE TABLE"]
        self.empty = self.keep()
        self.kept = {}         # what the tables held, by the name of a life
        self.expected = {}     # how lives end when nothing happens, by their names
        self.has_koji = False
        self.started = []      # processes of this case
        self.number = 0
        self.base = self._config()

    def start_database(self):
        self.ground.run("start_mariadb --innodb-flush-log-at-trx-commit=2")

    def other(self, kind):
        """A world of another kind, for rows that need one; it is kept."""
        if kind not in self.others:
            self.others[kind] = kind()
        return self.others[kind]

    def end(self):
        for other in self.others.values():
            other.end()
        self.stop_all()
        self.db.close()
        self.ground.end()

    # --- the database

    def sql(self, statement, *values):
        """All rows, as tuples."""
        self.db.ping(reconnect=True)
        with self.db.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall()

    def one(self, statement, *values):
        """The first value of the first row."""
        return self.sql(statement, *values)[0][0]

    def keep(self):
        """What the tables hold, for restore()."""
        return {table: self.sql(f"SELECT * FROM `{table}`") for table in self.tables}

    def restore(self, kept):
        with self.db.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            cursor.execute("BEGIN")
            # Triggers of builds count in counters, those of requests change claims: these come last.
            order = sorted(self.tables, key=("claims", "counters").__contains__)
            for table in order:
                if table != "counters":
                    cursor.execute(f"DELETE FROM `{table}`")
            cursor.execute("UPDATE counters SET value = 0")
            for table in order:
                if table in ("claims", "counters"):
                    cursor.execute(f"DELETE FROM `{table}`")
                for values in kept[table]:
                    marks = ", ".join(["%s"] * len(values))
                    cursor.execute(f"INSERT INTO `{table}` VALUES ({marks})", values)
            cursor.execute("COMMIT")
            cursor.execute("SET foreign_key_checks = 1")

    def checksums(self, but=()):
        """Of all tables but these."""
        tables = ", ".join(f"`{name}`" for name in self.tables if name not in but)
        return dict(self.sql(f"CHECKSUM TABLE {tables}"))

    # --- the case's folder and configuration

    def _config(self):
        with open(f"{self.folder}/rida.yaml", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(": ", 1) for line in file)

    def _folder(self):
        self.stop_all()
        if self.number:
            subprocess.run(["rm", "-rf", self.case_folder], check=True)
        self.number += 1
        self.case_folder = f"{self.folder}/case{self.number}"
        self.ledger = f"{self.case_folder}/memory.jsonl"
        self.messages = f"{self.case_folder}/messages.jsonl"
        self.log = f"{self.case_folder}/log"
        for name in ("log", "repos", "cache"):
            os.makedirs(f"{self.case_folder}/{name}", mode=0o711)

    def host(self, name, **options):
        """One more place for schedulers, with these options."""
        place = f"{self.case_folder}/{name}"
        for folder in ("state/logs", "run"):
            os.makedirs(f"{place}/{folder}", mode=0o711, exist_ok=True)
        values = dict(self.options, state_dir=f"{place}/state", log_dir=f"{place}/state/logs", run_dir=f"{place}/run")
        values.update(options)
        config = f"{place}/rida.yaml"
        with open(config, "w", encoding="utf-8") as file:
            file.writelines(f"{key}: {value}\n" for key, value in values.items())
        return Host(name, config)

    def _begin(self, base, kept, options):
        self._folder()
        self.restore(kept)
        self.options = dict(dict(base, bus_file=self.messages, repo_dir=f"{self.case_folder}/repos",
                            cache_dir=f"{self.case_folder}/cache", memory_builder_file=self.ledger, log_level="info",
                            quarantine_attempts=1000), **options)
        self.home = self.host("home")

    def begin(self, **options):
        """A case with the memory builder begins."""
        self._begin(self.base, self.empty, options)
        self.builder = "memory"

    # --- with the stand-in hub

    def begin_koji(self, **options):
        """A case with a hub that has forgotten everything, and modules that were posted."""
        if not self.has_koji:
            self._start_koji()
        self.hub_control(do="reset")
        self.hub_control(do="release")
        self.hub_control(do="trouble", clear=True)
        self.hub_control(do="forget")
        self.ground.run("load_koji")
        self._begin(self.koji_base, self.submitted, options)
        self.builder = "koji"

    def _start_koji(self):
        """The hub, git, and rida before nginx; the modules are posted, and kept for all cases."""
        self._folder()
        self.restore(self.empty)
        self.ground.run("start_koji")
        self.hub = self.ground.run('echo "$HUB_CONTROL"').strip()
        for name in ("first", "second", "third"):
            self.ground.run(f'post {name} "$(make_module {name} one:0 two:1)"')
        self.koji_base = self._config()
        self.submitted = self.keep()
        self.has_koji = True

    def hub_control(self, **order):
        """Has the hub do something; what it answers."""
        with urllib.request.urlopen(self.hub, json.dumps(order).encode(), timeout=60) as answer:
            return json.load(answer)

    def live_tasks(self):
        """Tasks of components that have not ended."""
        found = self.hub_control(do="call", method="listTasks", params=[{"method": "build", "owner": "rida"}])
        return [task["id"] for task in found if task["state"] in (0, 1, 4)]

    # --- builds, and what people do

    def insert(self, count, name, *components, verification="good"):
        """Builds with the memory builder as a submission would insert them; their ids."""
        env = dict(os.environ, RIDA_TEST_SOCKET=self.socket, VERIFICATION=verification)
        done = subprocess.run([f"{BUILD}/tests/integration/scheduler_tool", str(count), name, *components], env=env,
                              check=True, capture_output=True, text=True)
        return [int(line) for line in done.stdout.split()]

    def ask(self, build, kind, caller="ann"):
        """A request of somebody."""
        self.sql("INSERT INTO requests (build_id, kind, caller, created_at) VALUES (%s, %s, %s, UTC_TIMESTAMP(6))",
                 build, kind, caller)

    def plan_fault(self, slot, name, code, times=1):
        """The memory builder is to fail a slot for a build or a component of this name."""
        with open(self.ledger, "a", encoding="utf-8") as file:
            print(json.dumps({"event": "fault", "slot": slot, "name": name, "code": code, "times": times}), file=file)

    def make_due(self):
        """What waits for its time need not."""
        self.sql("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at < UTC_TIMESTAMP(6) + INTERVAL 1 HOUR")

    # --- schedulers

    def scheduler(self, *options, fault="", host=None, before=()):
        """Starts one; "before" is a command that runs it."""
        env = dict(os.environ, RIDA_FAULT=fault)
        host = host or self.home
        with open(f"{self.log}/{host.name}", "ab") as log:
            process = subprocess.Popen([*before, SCHEDULER, "--config", host.config, *options], env=env, stdout=log,
                                       stderr=log, stdin=subprocess.DEVNULL, cwd=self.case_folder)
        self.started.append(process)
        return process

    def said(self, host=None):
        """The end of what the schedulers of a host have said."""
        with open(f"{self.log}/{(host or self.home).name}", encoding="utf-8", errors="replace") as file:
            return file.read()

    def has_struck(self, host=None):
        """Whether a fault point was reached."""
        return "fault-struck" in self.said(host)

    def run_pass(self, **how):
        """One pass, which ends well."""
        process = self.scheduler(**how)
        try:
            status = process.wait(PASS_SECONDS)
        except subprocess.TimeoutExpired:
            raise Violation(f"a pass does not end: {self.said(how.get('host'))[-2000:]}") from None
        if status not in GOOD_STATUS:
            raise Violation(f"a pass ended with {status}: {self.said(how.get('host'))[-2000:]}")
        return status

    def settle(self, people=None, passes=200):
        """Passes until nothing is left to do; people do their part after each."""
        for _ in range(passes):
            if people:
                people()
            self.make_due()
            self.run_pass()
            if not self.unsettled():
                break
        else:
            raise Violation(f"after {passes} passes this is not settled: {self.unsettled()}")

    def unsettled(self):
        """What is on its way to another state, or is not cleaned up, or was not announced."""
        builds = self.sql("SELECT b.id, b.name, b.state, c.last_error FROM builds b JOIN claims c ON c.build_id = b.id "
                          "WHERE c.quarantined_at IS NULL AND (b.state NOT IN (4, 5, 6) OR b.state = 4 AND is_prepared "
                          "OR b.state = 6 AND NOT is_discarded OR EXISTS (SELECT 1 FROM requests r "
                          "WHERE r.build_id = b.id AND r.done_at IS NULL))")
        if builds:
            return builds
        # Whoever died while it sent messages would be waited for.
        self.sql("UPDATE leases SET lease_until = UTC_TIMESTAMP(6)")
        self.sql("UPDATE outbox SET next_try_at = NULL")
        return self.sql("SELECT build_id, seq, problem FROM outbox WHERE sent_at IS NULL")

    def stop_all(self):
        """Ends what this case has started."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
        self.started = []

    def processes(self):
        """Those that work below the case's folder: (pid, command)."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                    command = file.read().replace("\0", " ")
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    is_dead = file.read().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                continue
            if self.case_folder + "/" in command and not is_dead:
                found.append((int(pid), command))
        return found


def wait_for(seconds, condition):
    """Whether it becomes true in that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
