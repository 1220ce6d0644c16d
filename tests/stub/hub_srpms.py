# SPDX-License-Identifier: MIT
"""What a source becomes: name, version and release, the build record and its RPMs.

A component is NAME-1.0-1.DIST. DIST is that of the module-build-macros in its tag, else of those
built for the tag, else of the tag's rpm.macro.dist, else it is made of the tag's name.
"""
import json
import posixpath

from hub_builds import BUILDING, CANCELED, FAILED, STATES, add_rpm, make_build, tagged_builds
from hub_rules import component
from hub_state import hub
from hub_tags import getBuildConfig
from hub_xmlrpc import GenericError

MACROS = "module-build-macros"


def dist_of(tag):
    macros = tagged_builds(tag, latest=True, package=MACROS)
    release = macros[0][2].release if macros else hub.macros.get(tag.id)
    if release:
        return "." + release.partition(".")[2]
    macro = getBuildConfig(tag.id)["extra"].get("rpm.macro.dist")
    if macro:
        return macro
    parts = tag.name.removesuffix("-build").split("-")
    return "." + parts[0] + "_" + "+".join(parts[-3:])


def release_of(tag, plan):
    return plan.get("release", "1") + plan.get("dist", dist_of(tag))


def source_name(src, plan, release):
    return component(src), plan.get("version", "1.0"), release


def uploaded_name(src, tag, plan):
    """An uploaded source package keeps its release, but that %dist may be added."""
    name, version, release = posixpath.basename(src).removesuffix(".src.rpm").rsplit("-", 2)
    if name == MACROS:
        hub.macros[tag.id] = release
    elif "dist" in plan:
        release += plan["dist"]
    elif "." not in release:
        release += dist_of(tag)
    return name, version, release


def existing_fault(build, task, src):
    extra = json.dumps({"source": {"original_url": src}})
    fields = {"name": build.name, "version": build.version, "release": build.release, "epoch": None,
              "task_id": task.id, "source": source_text(src), "extra": extra, "owner": task.owner, "state": 0,
              "completion_time": None, "pkg_id": build.pkg_id, "start_time": "NOW", "volume_id": 0, "draft": False}
    return GenericError(f"Build already exists (id={build.id}, state={STATES[build.state]}): {fields}")


def source_text(src):
    return src.replace("?#", "#") if "://" in src else posixpath.basename(src)


def initialised(task, src, name, version, release):
    """The build record of a task. One that failed or was canceled is taken over, any other is in the way."""
    build = hub.builds_by_nvr.get((name, version, release))
    if build and build.state not in (FAILED, CANCELED):
        raise existing_fault(build, task, src)
    extra = {"source": {"original_url": src if "://" in src else posixpath.basename(src)}}
    if not build:
        return make_build(name, version, release, task.owner, task_id=task.id, source=source_text(src), extra=extra)
    hub.builds_by_task.pop(build.task_id, None)
    build.task_id, build.owner_id, build.state, build.completion_ts = task.id, task.owner, BUILDING, None
    build.start_ts, build.source, build.extra = hub.now(), source_text(src), extra
    hub.builds_by_task[task.id] = build
    return build


def default_rpms(build, tag, plan):
    if plan.get("noarch") or build.name == MACROS:
        return [(build.name, "src", {}), (build.name, "noarch", {})]
    arches = (tag.arches or "x86_64").split()
    return [(build.name, "src", {}), (build.name + "-devel", "noarch", {})] + [(build.name, a, {}) for a in arches]


def add_rpms(build, tag, plan):
    build.epoch = plan.get("epoch")
    for name, arch, *rest in plan.get("rpms") or default_rpms(build, tag, plan):
        members = dict(rest[0]) if rest else {}
        members.setdefault("license", plan.get("license"))
        add_rpm(build, name, arch, **members)
