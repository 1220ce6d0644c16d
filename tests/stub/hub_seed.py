# SPDX-License-Identifier: MIT
"""Many modules at once, made without calls: for tests of how fast a pass over them is."""
from hub_builds import COMPLETE, add_rpm, make_build, put_in_tag
from hub_repos import make_repo, repo_ready
from hub_state import find_user, hub, package_id
from hub_tags import Entry, make_tag, make_target
from hub_tasks import CLOSED, OPEN, make_task


def seed(modules, components, running=0, name="seed{module}", component="component{component}", owner="rida",
         context="c0ffee42", arches="x86_64", option="rida_key", rpms=False, repos=True):
    """Makes modules NAME-master-1-CONTEXT, each with its two tags, its target and that many components. `running` of
    each module's components are tasks that are open for ever, the others are built and tagged. Returns a list of
    {tag, target, tasks: [first, last]}; tasks follow the order of the components. With repos each build tag has
    a repository of all that is in it; with rpms each build has a source and an x86_64 package."""
    user, made = find_user(owner, strict=True).id, []
    for module in range(1, modules + 1):
        title = f"module-{name.format(module=module)}-master-1-{context}"
        tag, build_tag = make_tag(title, arches), make_tag(title + "-build", arches)
        target = make_target(title, build_tag, tag)
        first = hub.ids.get("task", 0) + 1
        for number in range(1, components + 1):
            package = component.format(component=number, module=module)
            task = seed_task(user, package, target.name, f"{title}/{package}", option)
            for place in (tag, build_tag):
                place.packages[package_id(package)] = Entry(owner_id=user, blocked=False)
            if number <= components - running:
                seed_build(task, package, f"1.module_master+1+{context}.{module}", (tag, build_tag), rpms)
            else:
                task.state, task.start_ts, task.host_id, task.weight = OPEN, task.create_ts, 1, 0.2
        if repos:
            repo_ready(make_repo(build_tag, None))
        made.append({"tag": title, "target": target.name, "tasks": [first, hub.ids["task"]]})
    return made


def seed_task(user, package, target, key, option):
    opts = {"skip_tag": True, "mbs_artifact_name": package, "mbs_module_target": target, option: key}
    return make_task("build", [f"git://127.0.0.1/rpms/{package}?#f30", target, opts], user, priority=30)


def seed_build(task, package, release, tags, rpms):
    task.state, task.start_ts, task.completion_ts, task.host_id = CLOSED, task.create_ts, task.create_ts, 1
    task.waiting, task.weight = False, 0.2
    build = make_build(package, "1.0", release, task.owner, COMPLETE, task_id=task.id)
    build.completion_ts, build.source, build.extra = build.start_ts, task.request[0], {}
    if rpms:
        add_rpm(build, package, "src")
        add_rpm(build, package, "x86_64")
    for tag in tags:
        put_in_tag(tag, build)
