# SPDX-License-Identifier: MIT
"""R03: kill, error and hang at every named step. Each kind of life has a row that strikes all points that it comes to."""
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time

import invariants
import lives
from row_r import LEASE, fault_points, is_stopped, pass_with
from rows import Violation, row
from world import BUILD, READY, SRC, World, wait_for

sys.path.append(f"{SRC}/tests/lib")
from fastcgi import Pool  # noqa: E402

# The kinds of lives that points are printed with.
KINDS = {"R03": lives.OF_MEMORY, "R03-hub": ("koji", "pass"), "R03-renew": ("renew",),
         "R03-verify": ("verify",),
         "R03-web": ("submit", "resume"), "R03-local": ("local", "job")}
HANG_SECONDS = 0.5


def points_row(name, title, **members):
    """A row with every point of its kinds, and each action."""
    def cases(_world):
        known = {kind for kinds in KINDS.values() for kind in kinds}
        unknown = [point for point, kind in fault_points() if kind not in known]
        if unknown:
            raise Violation(f"points that no row strikes: {unknown}")
        return [f"{point}:{action}" for point, kind in fault_points() if kind in KINDS[name]
                for action in ("kill", "error", "hang")]
    return row(name, title, cases=cases, **members)


def strike_once(world, case, life):
    """A life in which one point strikes once."""
    lives.expected(world, life)
    life.begin(world)
    for _ in range(60):
        pass_with(world, life, fault=case.what)
        if world.has_struck():
            break
        if life.is_over(world):
            raise Violation(f"no life comes to {case.what}")
    lives.judge(world, life)


@points_row("R03-hub", "kill, error and hang at every named step of a life with a hub", check=2,
            needs=("nginx", "rpmbuild", "bwrap"))
def r03_hub(world, case):
    strike_once(world, case, lives.KOJI)


@points_row("R03", "kill, error and hang at every named step", check=24)
def r03(world, case):
    strike_once(world, case, lives.MEMORY)


@points_row("R03-renew", "kill, error and hang where a slow pass renews its leases", check=1)
def r03_renew(world, case):
    life = lives.MEMORY
    lives.expected(world, life)
    life.begin(world, lease=LEASE)
    process = world.scheduler(fault=f"after-load:stop,{case.what}")
    if not wait_for(60, lambda: is_stopped(process)):
        raise Violation("the pass does not come to after-load")
    time.sleep(LEASE / 3 + 0.1)
    process.send_signal(signal.SIGCONT)
    if not wait_for(5, lambda: process.poll() is not None):
        process.kill()
        process.wait()
    if world.said().count("fault-struck") < 2:
        raise Violation(f"a slow pass does not come to {case.what}")
    lives.judge(world, life)


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


@points_row("R03-web", "kill, error and hang at every named step of a submission", check=2)
def r03_web(world, case):
    world = world.other(GitWorld)
    world.begin_git("memory")
    component = f"part-{world.name}"
    body = world.make_module(component)
    key = case.random.choice((None, "a-key"))
    is_resume = "resume" in case.what
    if is_resume:
        refused = world.post(body)
        if not refused or refused.status != 422:
            raise Violation(f"a component from nowhere: {refused and refused.text}")
    world.make_component(component)
    first = world.post(body, key, case.what)
    if not world.web_has_struck():
        raise Violation(f"no submission comes to {case.what}")
    if first and first.status != 503:
        raise Violation(f"{first.status} {first.text}")
    again = world.post(body, key)
    if not again or again.status not in ((201,) if key or is_resume else (201, 409)):
        raise Violation(f"the same again: {again and (again.status, again.text)}")
    builds = world.sql("SELECT id FROM builds")
    if len(builds) != 1 or world.one("SELECT COUNT(*) FROM requests") != is_resume:
        raise Violation(f"builds {builds}, {world.sql('SELECT build_id, kind FROM requests')}")
    end_well(world)


def end_well(world):
    """The one build gets ready."""
    world.settle()
    state, reason = world.sql("SELECT state, state_reason FROM builds")[0]
    if state != READY:
        raise Violation(f"the build ended in state {state}: {reason} {world.sql('SELECT name, state_reason FROM components')}")
    invariants.check(world)


@points_row("R03-verify", "kill, error and hang where the scheduler checks components", check=1)
def r03_verify(world, case):
    world = world.other(GitWorld)
    world.begin_git("memory")
    component = f"part-{world.name}"
    world.make_component(component)
    answer = world.post(world.make_module(component))
    if not answer or answer.status != 201:
        raise Violation(f"the module is refused: {answer and answer.text}")
    # As a submission leaves it that had no time to look.
    world.sql("UPDATE components SET `commit` = '' WHERE name = %s", component)
    world.sql("UPDATE builds SET verification = 0, gen = gen + 1")
    for _ in range(10):
        pass_with(world, lives.SMALL, fault=case.what)
        if world.has_struck():
            break
    else:
        raise Violation(f"no life comes to {case.what}")
    end_well(world)
    if world.one("SELECT COUNT(*) FROM components WHERE name = %s AND `commit` <> ''", component) != 1:
        raise Violation("the check has found no commit")


def jobs_have_struck(world):
    for path in glob.glob(f"{world.case_folder}/home/state/builds/*/jobs/*/supervisor.log"):
        with open(path, encoding="utf-8", errors="replace") as file:
            if "fault-struck" in file.read():
                return True
    return False


def plan_job_fault(world, fault):
    """The first job that is started has it."""
    program = f"{world.case_folder}/rida-job"
    with open(program, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n[ -d \"$1\" ] && mkdir '{world.case_folder}/planned' 2>/dev/null && export RIDA_FAULT={fault}\n"
                   f"exec '{os.path.abspath(BUILD)}/scheduler/rida-job' \"$@\"\n")
    os.chmod(program, 0o755)
    world.host(world.home.name, job_program=program)


def end_hung_jobs(world):
    """As an operator does."""
    for pid, command in world.processes():
        if "/scheduler/rida-job" in command:
            os.kill(pid, signal.SIGKILL)


@points_row("R03-local", "kill, error and hang at every named step of real local builds", check=1,
            needs=("bwrap", "rpmbuild", "createrepo_c"))
def r03_local(world, case):
    world = world.other(GitWorld)
    world.begin_git("local")
    world.make_component("one")
    answer = world.post(world.make_module("one"))
    if not answer or answer.status != 201:
        raise Violation(f"the module is refused: {answer and answer.text}")
    is_of_job = case.what.startswith("job-")
    if is_of_job:
        plan_job_fault(world, case.what)
    end = time.monotonic() + 60
    pass_with(world, lives.SMALL, fault="" if is_of_job else case.what)
    while not (jobs_have_struck(world) if is_of_job else world.has_struck()):
        if time.monotonic() > end or not world.unsettled():
            raise Violation(f"no life comes to {case.what}: {world.said()[-2000:]}")
        pass_with(world, lives.SMALL, fault="" if is_of_job else case.what)
    if case.what.endswith("hang"):
        end_hung_jobs(world)
    settle_slowly(world)
    end_well(world)


def settle_slowly(world):
    """Real builds take their time."""
    if not wait_for(60, lambda: world.make_due() or world.run_pass() or not world.unsettled()):
        raise Violation(f"this is not settled: {world.unsettled()} {world.said()[-1000:]}")
