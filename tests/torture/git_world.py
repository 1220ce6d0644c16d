# SPDX-License-Identifier: MIT
"""Worlds with git, from which modules are submitted to a pool of rida.fcgi, for the memory builder or for real local
builds."""
import json
import os
import socket
import subprocess
import sys

import invariants
from rows import Violation
from world import BUILD, READY, SRC, World, wait_for

sys.path.append(f"{SRC}/tests/lib")
from fastcgi import Pool  # noqa: E402

HANG_SECONDS = 0.5


def listens(path):
    with socket.socket(socket.AF_UNIX) as link:
        return link.connect_ex(path) == 0


class GitWorld(World):
    """A world with git, from which modules are submitted."""

    def __init__(self):
        super().__init__()
        self.ground.run('mkdir -p "$T/git/rpms" "$T/git/modules"; start_git_daemon "$T/git"')
        self.git = self.ground.run('echo "$GIT_URL"').strip()

    def begin_git(self, builder):
        """A case with modules from git."""
        self.begin(builder=builder, submit_by="anyone", scm_allow=f"[{self.git}/]", backoff_max=1,
                   rpms_repository=f"{self.git}/rpms/{{name}}.git")
        self.builder = builder
        self.name = f"m{self.number}"

    def make_module(self, *components):
        """What is posted for a module of this case's name; the repositories of its components are another thing."""
        place = f"{self.case_folder}/module"
        os.makedirs(place)
        with open(f"{place}/{self.name}.yaml", "w", encoding="utf-8") as file:
            file.write("document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n  license: {module: [MIT]}\n"
                       "  components:\n    rpms:\n")
            file.writelines(f"      {name}: {{rationale: r, ref: master}}\n" for name in components)
        commit = self.ground.run(f'make_repo "$T/git/modules/{self.name}.git" "{place}"').strip()
        return json.dumps({"scmurl": f"{self.git}/modules/{self.name}.git?#{commit}"})

    def make_component(self, name):
        self.ground.run(f"make_component {name}")

    def pool(self, fault=""):
        """A pool for submissions, alone in its place: (its process, its socket)."""
        path = f"{self.case_folder}/submit{len(self.started)}"
        with open(f"{self.log}/web", "ab") as log:
            process = subprocess.Popen([f"{BUILD}/cgi/rida.fcgi", "--config", self.home.config, "--submit", "--listen", path,
                                        "--workers", "1"], env=dict(os.environ, RIDA_FAULT=fault), stdout=log, stderr=log)
        self.started.append(process)
        if not wait_for(10, lambda: listens(path)):
            raise Violation("the pool does not listen")
        return process, Pool(path)

    def web_has_struck(self):
        with open(f"{self.log}/web", encoding="utf-8", errors="replace") as file:
            return "fault-struck" in file.read()

    def post(self, body, key=None, fault=""):
        """What a pool of its own answers; None when it did not."""
        process, pool = self.pool(fault)
        parameters = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        try:
            return pool.ask("POST", "/rida/module-builds/", body, timeout=HANG_SECONDS if fault.endswith("hang") else 60,
                            CONTENT_TYPE="application/json", **parameters)
        except OSError:
            return None
        finally:
            process.terminate()
            if not wait_for(10, lambda: process.poll() is not None):
                raise Violation("the pool does not end")

    def submit(self, *components):
        """A module of these components, which there are, is accepted; what was posted."""
        for name in components:
            self.make_component(name)
        body = self.make_module(*components)
        answer = self.post(body)
        if not answer or answer.status != 201:
            raise Violation(f"the module is refused: {answer and answer.text}")
        return body

    def settle_slowly(self):
        """Real builds take their time."""
        if not wait_for(60, lambda: self.make_due() or self.run_pass() or not self.unsettled()):
            raise Violation(f"this is not settled: {self.unsettled()} {self.said()[-1000:]}")

    def end_well(self):
        """The one build gets ready."""
        self.settle_slowly()
        state, reason = self.sql("SELECT state, state_reason FROM builds")[0]
        if state != READY:
            raise Violation(f"the build ended in state {state}: {reason} {self.sql('SELECT name, state_reason FROM components')}")
        invariants.check(self)
