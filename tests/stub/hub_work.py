# SPDX-License-Identifier: MIT
"""What the builders do: tasks go through their states by the clock, and their jobs do the work.

A job is a generator. It yields seconds to sleep, a list of children to wait for, or None to wait
until somebody wakes it; what it returns is the task's result, and a Fault that it raises fails the
task. Nothing runs by itself: run_due, before each call, does what is due by then.
"""
import heapq

from hub_builds import (BUILDING, COMPLETE, FAILED as BUILD_FAILED, already_tagged, end_build, put_in_tag,
                        tagged_builds, take_from_tag)
from hub_repos import make_repo, repo_ready, request_row, usable_repo
from hub_rules import component, plan_of, rule_for
from hub_srpms import add_rpms, initialised, release_of, source_name, uploaded_name
from hub_state import caller, context, hub
from hub_tags import find_target, getBuildConfig, last_change
from hub_tasks import ASSIGNED, CANCELED, CLOSED, ENDED, FAILED, FREE, OPEN, cancel_task, children_of, make_task
from hub_uploads import HUB_ROOT, WORK
from hub_xmlrpc import ActionNotAllowed, BuildError, Fault, GenericError

WEIGHTS = {"build": 0.2, "newRepo": 0.1, "buildArch": 1.5, "createrepo": 1.5}
SCHEMES = ("git://", "git+http://", "git+https://", "git+rsync://", "git+ssh://", "svn://", "svn+http://",
           "svn+https://", "svn+ssh://", "cvs://", "cvs+ssh://")


# --- the clock

def step():
    return hub.options["step_ms"] / 1000


def schedule(task, delay):
    """The task is up again after so long; what it waited for before counts no more. A repository takes its time
    whatever hurry those are in that wait for it."""
    task.waits = next(hub.order)
    delay = 0 if task.hurry and task.method != "waitrepo" else delay
    heapq.heappush(hub.queue, (hub.now() + delay, task.waits, task.id))


def run_due():
    """Does all that is due by now, each thing at its own time."""
    now, committed = hub.now(), getattr(context, "committed", False)
    while hub.queue and hub.queue[0][0] <= now:
        due, number, task_id = heapq.heappop(hub.queue)
        task = hub.tasks.get(task_id)
        if task and task.waits == number and task.state not in ENDED:
            hub.moment = due
            try:
                move_on(task)
            finally:
                hub.moment = None
    context.committed = committed


def move_on(task):
    if task.state == FREE:
        task.state, task.host_id = ASSIGNED, 1 + task.id % 2
        schedule(task, step())
        return
    if task.state == ASSIGNED:
        task.state, task.start_ts = OPEN, hub.now()
        task.weight = WEIGHTS.get(task.method, task.weight)
        task.job = JOBS[task.method](task, *task.request)
    try:
        wish = next(task.job)
    except StopIteration as end:
        end_task(task, CLOSED, end.value)
    except Fault as fault:
        end_task(task, FAILED, fault)
    else:
        wait_as_wished(task, wish)


def wait_as_wished(task, wish):
    if isinstance(wish, list):
        task.waiting, task.waits = True, wish
        wake_if_done(task)
    elif wish is None:
        task.waits = None
        if task.hurry:
            schedule(task, 0)
    else:
        schedule(task, wish)


def end_task(task, state, result):
    task.state, task.result, task.completion_ts, task.job, task.waits = state, result, hub.now(), None, None
    build = hub.builds_by_task.get(task.id)
    if state == FAILED and build and build.state == BUILDING:
        end_build(build, BUILD_FAILED)
    parent = hub.tasks.get(task.parent)
    if parent and parent.state == OPEN and isinstance(parent.waits, list):
        wake_if_done(parent)


def wake_if_done(task):
    if any(c.state in (FAILED, CANCELED) for c in task.waits) or all(c.state == CLOSED for c in task.waits):
        schedule(task, 0)


def looked_at(task):
    """A task that ends when it has been looked at often enough is looked at."""
    task.polls -= 1
    if task.polls <= 0:
        task.polls = None
        hurry(task)


def hurry(task):
    """The task, and what hangs on it, ends without more delay."""
    task.hurry = True
    for child in children_of(task):
        hurry(child)
    if task.state not in ENDED and not isinstance(task.waits, list):
        schedule(task, 0)
    if not task.parent:
        run_due()


# --- starting tasks

def start(task, free_ms=None):
    schedule(task, step() if free_ms is None else free_ms / 1000)
    return task


def subtask(task, method, request, label, arch="noarch"):
    child = make_task(method, request, task.owner, task, label, arch, task.priority - 1)
    child.hurry = task.hurry
    return start(child)


def start_build_task(owner, src, target, opts, priority):
    task = make_task("build", [src, target, opts], owner, priority=priority)
    name = component(src)
    hub.attempts[name, target] = hub.attempts.get((name, target), 0) + 1
    task.attempt = hub.attempts[name, target]
    plan = plan_of(task)
    task.polls = plan.get("polls")
    return start(task, plan.get("free_ms"))


def start_tag_task(tag, build, force, source):
    request = [tag.id, build.id, force, source and source.id]
    return start(make_task("tagBuild", request, caller().id, priority=10))


def start_repo_task(tag, owner):
    return start(make_task("newRepo", [tag.name], owner, priority=15))


def open_request(tag, min_event, owner):
    """The request that stands for a tag and an event, and whether it had been made before."""
    for request in hub.repo_requests.values():
        if request["tag_id"] == tag.id and request["min_event"] >= min_event and request_row(request)["active"]:
            return request, True
    request = {"id": hub.next_id("repo_request"), "tag_id": tag.id, "min_event": min_event, "owner": owner,
               "create_ts": hub.now(), "task": start_repo_task(tag, owner).id}
    hub.repo_requests[request["id"]] = request
    return request, False


def start_again(task):
    if task.method == "build":
        return start_build_task(task.owner, *task.request, task.priority)
    return start(make_task(task.method, task.request, task.owner, priority=task.priority))


def collect(task, children):
    """After the wait: the first failure among the children is the task's own."""
    for child in children:
        if child.state in (FAILED, CANCELED):
            child.awaited = False
            for other in children:
                cancel_task(other)
            raise child.result if child.state == FAILED else GenericError(f"Task {child.id} is canceled")
    for child in children:
        child.awaited = False
    task.waiting = False


# --- jobs

def build_job(task, src, target_name, opts):
    opts = opts or {}
    yield step()
    target = find_target(target_name)
    if not target:
        raise GenericError(f"unknown build target: {target_name}")
    check_policy(task, src)
    tag = hub.tags_by_id[target.build_tag]
    repo = usable_repo(tag, opts.get("repo_id"))
    if not repo:
        waiting = subtask(task, "waitrepo", [tag.id, None, None, tag.last_change], None)
        yield [waiting]
        collect(task, [waiting])
        repo = usable_repo(tag, None)
    method = "buildSRPMFromSCM" if "://" in src else "rebuildSRPM"
    srpm = subtask(task, method, [src, tag.id, {"repo_id": repo.id, "scratch": opts.get("scratch")}], "srpm")
    yield [srpm]
    collect(task, [srpm])
    name, version, release = srpm.result
    srpm.result = [f"tasks/{srpm.id}/{name}-{version}-{release}.src.rpm"]
    build = None if opts.get("scratch") else initialised(task, src, name, version, release)
    arches = wanted_arches(tag, plan_of(task), opts)
    builds = [subtask(task, "buildArch", [srpm.result[0], tag.id, arch, i == 0, {"repo_id": repo.id}], arch, arch)
              for i, arch in enumerate(arches)]
    yield builds
    collect(task, builds)
    if build:
        add_rpms(build, tag, plan_of(task))
        end_build(build, COMPLETE)
        if not opts.get("skip_tag"):
            tagging = subtask(task, "tagBuild", [target.dest_tag, build.id, False, None], "tag")
            yield [tagging]
            collect(task, [tagging])
    if plan_of(task)["outcome"] == "vanish":
        task.gone = True


def check_policy(task, src):
    """Who may build from uploaded source packages, if only some may."""
    allowed = hub.options["srpm_users"]
    if "://" not in src and allowed is not None and hub.users_by_id[task.owner].name not in allowed:
        raise ActionNotAllowed(f"policy violation (build_from_srpm): only {', '.join(allowed)} may do this")


def wanted_arches(tag, plan, opts):
    if plan.get("noarch"):
        return ["noarch"]
    override = opts.get("arch_override") if opts.get("scratch") else None
    arches = override or build_arches(tag)
    if not arches:
        raise BuildError(f"No arches for tag {tag.name} [{tag.id}]")
    return arches.split()


def build_arches(tag):
    """The arches of a tag, its own or inherited."""
    return getBuildConfig(tag.id)["arches"]


def plan_above(task):
    return plan_of(hub.tasks[task.parent])


def scm_job(task, src, tag_id, options):
    plan = plan_above(task)
    yield plan.get("srpm_ms", hub.options["step_ms"]) / 1000
    if not src.startswith(SCHEMES):
        raise BuildError(f"Invalid scheme in scm url. Valid schemes are: {' '.join(SCHEMES)}")
    if plan["outcome"] == "bad-scm":
        url, tag = src.partition("?")[0].partition("#")[0], hub.tags_by_id[tag_id].name
        root = f"{HUB_ROOT}/work/mock-builder0{task.host_id}/{tag}-{task.id}-{options['repo_id']}/root"
        command = f"git clone -n {url} {root}/chroot_tmpdir/scmroot/{component(src)}"
        raise BuildError(f'Error running GIT command "{command}", see checkout.log for details')
    yield from srpm_stage(plan)
    return source_name(src, plan, release_of(hub.tags_by_id[tag_id], plan))


def rebuild_job(task, src, tag_id, options):
    plan = plan_above(task)
    yield plan.get("srpm_ms", hub.options["step_ms"]) / 1000
    if src not in hub.uploads:
        raise GenericError(f"No such file or directory: '{WORK}{src}'")
    yield from srpm_stage(plan)
    return uploaded_name(src, hub.tags_by_id[tag_id], plan)


def srpm_stage(plan):
    if plan["outcome"] == "fail" and plan.get("at") == "srpm":
        yield step()
        raise BuildError("error building srpm, mock exited with status 1; see build.log for more information")


def arch_job(task, srpm, tag_id, arch, keep_srpm, options):
    parent, plan = hub.tasks[task.parent], plan_above(task)
    missing = [p for p in plan.get("needs", ()) if not in_repo(p, tag_id, options["repo_id"])]
    if missing:
        raise BuildError(f"DEPSOLVE error: nothing provides {', '.join(missing)}")
    if plan["outcome"] == "hang":
        yield None
    while parent.polls:
        yield None
    fails = plan["outcome"] == "fail" and arch == parent_arch(plan, parent)
    yield plan.get("ms", hub.options["step_ms"] * (1 if fails else 2)) / 1000
    if fails:
        code, text = plan.get("fault", (1005, f"error building package (arch {arch}), mock exited with status 1; "
                                              "see build.log or root.log for more information"))
        raise Fault(text, code)
    return {"rpms": [], "srpms": [], "logs": ["build.log", "root.log"]}


def parent_arch(plan, parent):
    """The arch that fails: the one that the plan names, or the first."""
    return plan.get("arch") or children_of_method(parent, "buildArch")[0].arch


def children_of_method(task, method):
    return [c for c in children_of(task) if c.method == method]


def in_repo(package, tag_id, repo_id):
    """Whether a build of the package was in the tag at the event that the repo was made from."""
    return bool(tagged_builds(hub.tags_by_id[tag_id], hub.repos[repo_id].create_event, True, True, package))


def wait_for_repo(tag):
    """For the job of a task: asks for a repo and waits until there is one."""
    while not usable_repo(tag, None):
        open_request(tag, last_change(tag), 1)
        yield step()


def waitrepo_job(task, tag_id, newer_than, nvrs, min_event):
    tag = hub.tags_by_id[tag_id]
    yield from wait_for_repo(tag)
    return usable_repo(tag, None) and None


def repo_job(task, tag_name, *rest):
    yield step()
    tag = hub.tags.get(tag_name)
    plan = rule_for("newRepo", tag=tag_name)
    repo = make_repo(tag, task)
    if plan["outcome"] == "hang":
        yield None
    children = [subtask(task, "createrepo", [repo.id, arch, None], arch) for arch in build_arches(tag).split()]
    yield children
    collect(task, children)
    if "ms" in plan:
        yield plan["ms"] / 1000
    if plan["outcome"] == "fail":
        repo.state = 4
        raise GenericError(plan.get("fault", [0, "createrepo failed"])[1])
    repo_ready(repo)
    return [repo.id, repo.create_event]


def createrepo_job(task, *request):
    yield step()
    return ["uploads", []]


def tag_job(task, tag_id, build_id, force, source_id):
    tag, build = hub.tags_by_id[tag_id], hub.builds[build_id]
    plan = rule_for("tagBuild", package=build.name, tag=tag.name)
    yield plan.get("ms", 0) / 1000
    if plan["outcome"] == "hang":
        yield None
    if plan["outcome"] == "fail":
        raise Fault(*reversed(plan.get("fault", (1000, "tagging failed"))))
    if build.id in tag.active and not force:
        raise already_tagged(tag, build)
    put_in_tag(tag, build)
    if source_id:
        take_from_tag(hub.tags_by_id[source_id], build)


JOBS = {"build": build_job, "buildSRPMFromSCM": scm_job, "rebuildSRPM": rebuild_job, "buildArch": arch_job,
        "waitrepo": waitrepo_job, "newRepo": repo_job, "createrepo": createrepo_job, "tagBuild": tag_job}
