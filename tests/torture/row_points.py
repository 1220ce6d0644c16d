# SPDX-License-Identifier: MIT
"""R03: kill, error and hang at every named step. Each kind of life has a row that strikes all points that it comes to."""
import glob
import os
import signal
import time

import lives
from git_world import GitWorld
from row_r import LEASE, fault_points, is_stopped, pass_with
from rows import Violation, row
from world import BUILD, wait_for

# The kinds of lives, as points are printed with them, that any row strikes.
STRUCK = set()


def points_row(name, title, kinds, **members):
    """A row with every point of these kinds of lives, and each action."""
    STRUCK.update(kinds)

    def cases(_world):
        unknown = [point for point, kind in fault_points() if kind not in STRUCK]
        if unknown:
            raise Violation(f"points that no row strikes: {unknown}")
        return [f"{point}:{action}" for point, kind in fault_points() if kind in kinds for action in ("kill", "error", "hang")]

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


@points_row("R03-hub", "kill, error and hang at every named step of a life with a hub", ("koji", "pass"), check=2,
            needs=("nginx", "rpmbuild", "bwrap"))
def r03_hub(world, case):
    strike_once(world, case, lives.KOJI)


@points_row("R03", "kill, error and hang at every named step", lives.OF_MEMORY, check=24)
def r03(world, case):
    strike_once(world, case, lives.MEMORY)


@points_row("R03-renew", "kill, error and hang where a slow pass renews its leases", ("renew",), check=1)
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


@points_row("R03-web", "kill, error and hang at every named step of a submission", ("submit", "resume"), check=2)
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
    world.end_well()


@points_row("R03-verify", "kill, error and hang where the scheduler checks components", ("verify",), check=1)
def r03_verify(world, case):
    world = world.other(GitWorld)
    world.begin_git("memory")
    component = f"part-{world.name}"
    world.submit(component)
    # As a submission leaves it that had no time to look.
    world.sql("UPDATE components SET `commit` = '' WHERE name = %s", component)
    world.sql("UPDATE builds SET verification = 0, gen = gen + 1")
    for _ in range(10):
        pass_with(world, lives.SMALL, fault=case.what)
        if world.has_struck():
            break
    else:
        raise Violation(f"no life comes to {case.what}")
    world.end_well()
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


@points_row("R03-local", "kill, error and hang at every named step of real local builds", ("local", "job"), check=1,
            needs=("bwrap", "rpmbuild", "createrepo_c"))
def r03_local(world, case):
    world = world.other(GitWorld)
    world.begin_git("local")
    world.submit("one")
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
    world.end_well()
