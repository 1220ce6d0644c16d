# SPDX-License-Identifier: MIT
"""Builds and their RPMs, and the builds in tags."""
import fnmatch
import hashlib
import re
import xmlrpc.client

from hub_state import (PERMISSIONS, Build, Record, assert_login, assert_perm, find_package, find_user, has_perm, hub,
                       package_id, query_options, strict_package, time_text, user_name)
from hub_tags import changed, existed, find_tag, full_inheritance, package_entry, strict_tag, tag_row
from hub_xmlrpc import ActionNotAllowed, GenericError, TagError

BUILDING, COMPLETE, DELETED, FAILED, CANCELED = range(5)
STATES = ("BUILDING", "COMPLETE", "DELETED", "FAILED", "CANCELED")


class Tagging(Record):
    """A build in a tag, from one event to another."""
    __slots__ = ("build_id", "create_event", "revoke_event")


class Rpm(Record):
    """An RPM of a build; its hash follows from its name."""
    __slots__ = ("id", "build_id", "name", "version", "release", "arch", "size", "license", "exclusivearch",
                 "excludearch", "epoch")

    @property
    def file(self):
        return f"{self.name}-{self.version}-{self.release}.{self.arch}.rpm"

    @property
    def md5(self):
        return hashlib.md5(f"{self.file} {self.id}".encode()).hexdigest()


# --- builds

def split_nvr(nvr):
    parts = nvr.rsplit("-", 2)
    if len(parts) != 3 or not all(parts):
        raise GenericError(f"invalid format: {nvr}")
    return tuple(parts)


def find_build(info):
    """A build by id, NVR or {name, version, release}, or None."""
    if isinstance(info, int):
        return hub.builds.get(info)
    if isinstance(info, dict):
        key = tuple(info[k] for k in ("name", "version", "release"))
    else:
        key = split_nvr(info)
    return hub.builds_by_nvr.get(key)


def strict_build(info):
    build = find_build(info)
    if not build:
        raise GenericError(f"No such build: {info!r}")
    return build


def make_build(name, version, release, owner_id, state=BUILDING, **members):
    """A build record. It is the caller that knows that there is none of this name."""
    now = hub.now()
    build = Build(id=hub.next_id("build"), pkg_id=package_id(name), name=name, version=version, release=release,
                  owner_id=owner_id, state=state, creation_event=hub.new_event(), create_ts=now, start_ts=now,
                  **members)
    hub.builds[build.id] = hub.builds_by_nvr[name, version, release] = build
    hub.builds_by_package.setdefault(build.pkg_id, []).append(build)
    if build.task_id:
        hub.builds_by_task[build.task_id] = build
    return build


def end_build(build, state):
    build.state, build.completion_ts = state, hub.now()


def cg_name(build):
    return next((name for name, cg in hub.cgs.items() if cg["id"] == build.cg_id), None)


def build_row(build):
    """What getBuild and listBuilds have in common, in the hub's order."""
    return {"build_id": build.id, "completion_time": time_text(build.completion_ts),
            "completion_ts": build.completion_ts, "creation_event_id": build.creation_event,
            "creation_time": time_text(build.create_ts), "creation_ts": build.create_ts, "draft": False,
            "epoch": build.epoch, "extra": build.extra, "name": build.name, "nvr": build.nvr,
            "owner_id": build.owner_id, "owner_name": user_name(build.owner_id), "package_id": build.pkg_id,
            "package_name": build.name, "promoter_id": None, "promoter_name": None, "promotion_time": None,
            "promotion_ts": None, "release": build.release, "source": build.source,
            "start_time": time_text(build.start_ts), "start_ts": build.start_ts, "state": build.state,
            "task_id": build.task_id, "version": build.version, "volume_id": 0, "volume_name": "DEFAULT"}


def get_build(buildInfo, strict=False):
    build = strict_build(buildInfo) if strict else find_build(buildInfo)
    return build and dict(build_row(build), id=build.id, cg_id=build.cg_id, cg_name=cg_name(build))


def wanted_builds(packageID, taskID, userID):
    """The smallest list that holds all builds asked for."""
    if taskID is not None:
        wanted = taskID if isinstance(taskID, list) else [taskID]
        found = [hub.builds_by_task[t] for t in wanted if t in hub.builds_by_task]
    elif packageID is not None:
        found = hub.builds_by_package.get(find_package(packageID), [])
    else:
        found = hub.builds.values()
    if packageID is not None:
        found = [b for b in found if b.pkg_id == find_package(packageID)]
    if userID is not None:
        user = find_user(userID)
        found = [b for b in found if user and b.owner_id == user.id]
    return found


def build_types(build):
    return build.types or {"rpm": None}


def check_type(name):
    if name is not None and name not in hub.btypes:
        raise GenericError(f"unsupported build type: {name}")


def listBuilds(packageID=None, userID=None, taskID=None, prefix=None, state=None, volumeID=None, source=None,
               createdBefore=None, createdAfter=None, completeBefore=None, completeAfter=None, type=None,
               typeInfo=None, queryOpts=None, pattern=None, cgID=None, draft=None):
    check_type(type)
    found = wanted_builds(packageID, taskID, userID)
    states = state if isinstance(state, list) else [state]
    found = [b for b in found if (state is None or b.state in states)
             and (type is None or type in build_types(b))
             and (prefix is None or b.name.lower().startswith(prefix.lower()))
             and (pattern is None or fnmatch.fnmatchcase(b.nvr, pattern))]
    rows = query_options(found, queryOpts, lambda b, field: b.id if field == "build_id" else getattr(b, field))
    return rows if isinstance(rows, int) else [build_row(b) for b in rows]


def getBuildType(buildInfo, strict=False):
    build = strict_build(buildInfo) if strict else find_build(buildInfo)
    return build and build_types(build)


def getAverageBuildDuration(package, age=None):
    found = [b.completion_ts - b.start_ts for b in hub.builds_by_package.get(find_package(package), ())
             if b.state == COMPLETE and b.task_id]
    return round(sum(found) / len(found), 6) if found else None


def getBuildLogs(build):
    build = strict_build(build)
    place = f"packages/{build.name}/{build.version}/{build.release}/data/logs"
    arches = sorted({r.arch for r in build.rpms or () if r.arch != "src"})
    return [{"name": name, "dir": arch, "path": f"{place}/{arch}/{name}"}
            for arch in arches for name in ("build.log", "state.log", "root.log")]


def untaggedBuilds(name=None, queryOpts=None, draft=None):
    builds = hub.builds.values() if name is None else hub.builds_by_package.get(hub.packages.get(name), ())
    rows = [{"id": b.id, "name": b.name, "release": b.release, "version": b.version}
            for b in builds if b.state == COMPLETE and not b.tags]
    return query_options(rows, queryOpts, lambda row, field: row[field])


def list_tags(build=None, package=None, perms=True, queryOpts=None, pattern=None):
    tags = [t for t in hub.tags_by_id.values() if t.revoke_event is None]
    if build is not None:
        found = find_build(build)
        if not found:
            raise GenericError(f"No such build: {build}")
        tags = [hub.tags_by_id[i] for i in sorted(found.tags or ())]
    if package is not None:
        wanted = strict_package(package)
        tags = [t for t in tags if wanted in t.packages]
    if pattern is not None:
        tags = [t for t in tags if fnmatch.fnmatchcase(t.name, pattern)]
    return query_options([tag_row(t) for t in tags], queryOpts, lambda row, field: row[field])


# --- RPMs

def add_rpm(build, name, arch, **members):
    rpm = Rpm(id=hub.next_id("rpm"), build_id=build.id, name=name, version=build.version, release=build.release,
              arch=arch, size=6400 + len(name), epoch=build.epoch, **members)
    build.rpms = (build.rpms or ()) + (rpm,)
    hub.rpms[rpm.id] = hub.rpms[rpm.file] = rpm
    return rpm


def rpm_row(rpm, listed=False):
    return dict({"arch": rpm.arch, "build_id": rpm.build_id, "buildroot_id": rpm.build_id,
                 "buildtime": int(hub.builds[rpm.build_id].start_ts), "draft": False, "epoch": rpm.epoch},
                **({} if listed else {"external_repo_id": 0, "external_repo_name": "INTERNAL"}),
                **{"extra": None, "id": rpm.id, "metadata_only": False, "name": rpm.name,
                   "payloadhash": rpm.md5, "release": rpm.release, "size": rpm.size, "version": rpm.version})


def rpm_rows(build):
    return [dict(rpm_row(r), nvr=f"{r.name}-{r.version}-{r.release}") for r in build.rpms or ()]


def listBuildRPMs(build):
    return rpm_rows(strict_build(build))


def listRPMs(buildID=None, buildrootID=None, imageID=None, componentBuildrootID=None, hostID=None, arches=None,
             queryOpts=None, draft=None):
    builds = hub.builds.values() if buildID is None else [find_build(buildID)]
    wanted = [arches] if isinstance(arches, str) else arches
    rows = [row for b in builds if b for row in rpm_rows(b) if wanted is None or row["arch"] in wanted]
    return query_options(rows, queryOpts, lambda row, field: row[field])


def find_rpm(info):
    return hub.rpms.get(info["id"] if isinstance(info, dict) else info)


def get_rpm(rpminfo, strict=False, multi=False):
    rpm = find_rpm(rpminfo)
    if not rpm and strict:
        raise GenericError(f"No such rpm: {rpminfo!r}")
    return rpm and rpm_row(rpm)


def getRPMHeaders(rpmID=None, taskID=None, filepath=None, headers=None, strict=False):
    rpm = find_rpm(rpmID)
    if not rpm:
        return {}
    known = {"license": rpm.license or "MIT", "exclusivearch": list(rpm.exclusivearch or ()),
             "excludearch": list(rpm.excludearch or ()), "sigmd5": xmlrpc.client.Binary(bytes.fromhex(rpm.md5)),
             "name": rpm.name, "version": rpm.version, "release": rpm.release, "arch": rpm.arch, "epoch": rpm.epoch,
             "buildtime": int(hub.builds[rpm.build_id].start_ts), "summary": "test package žluťoučký",
             "requirename": ["rpmlib(CompressedFileNames)", "rpmlib(FileDigests)"], "filesizes": [539]}
    answer = {}
    for header in headers or ():
        if header.lower() not in known:
            raise GenericError(f"No such rpm header field: {header.upper()}")
        answer[header] = known[header.lower()]
    return answer


# --- builds in tags

def taggings(tag, event=None):
    """The builds of one tag, the last tagged first."""
    rows = tag.active.values() if event is None else [t for t in tag.listing if existed(t, event)]
    return sorted(rows, key=lambda t: (-t.create_event, -t.build_id))


def sources_of(tag, event, inherit):
    """The tags to look in, each with the patterns of packages that come through."""
    sources = [(tag, [])]
    if inherit:
        sources += [(hub.tags_by_id[k["parent_id"]], k["filter"]) for k in full_inheritance(tag, event)]
    return sources


def tagged_builds(tag, event=None, inherit=False, latest=False, package=None, type=None, owner=None):
    """(tag, tagging, build) as the hub lists them: nearest tag first, newest first; packages that are blocked or
    filtered are left out, and a package counts `latest` times."""
    wanted = None if package is None else find_package(package)
    user = None if owner is None else find_user(owner, strict=True)
    found, seen, counts = [], set(), {}
    for source, filters in sources_of(tag, event, inherit):
        for tagging in taggings(source, event):
            build = hub.builds[tagging.build_id]
            if build.id in seen or (package is not None and build.pkg_id != wanted):
                continue
            if (type and type not in build_types(build)) or (user and build.owner_id != user.id):
                continue
            if inherit and not comes_through(tag, source, build, filters):
                continue
            seen.add(build.id)
            counts[build.pkg_id] = counts.get(build.pkg_id, 0) + 1
            if not latest or counts[build.pkg_id] <= int(latest):
                found.append((source, tagging, build))
    return found


def comes_through(tag, source, build, filters):
    if not all(re.match(pattern, build.name) for pattern in filters):
        return False
    entry = package_entry(tag, build.pkg_id)
    return source is tag or bool(entry and not entry[1].blocked)


def tagged_row(tag, tagging, build):
    return {"build_id": build.id, "completion_time": time_text(build.completion_ts),
            "create_event": tagging.create_event, "creation_event_id": build.creation_event,
            "creation_time": time_text(build.create_ts), "draft": False, "epoch": build.epoch, "id": build.id,
            "name": build.name, "nvr": build.nvr, "owner_id": build.owner_id,
            "owner_name": user_name(build.owner_id), "package_id": build.pkg_id, "package_name": build.name,
            "promoter_id": None, "promoter_name": None, "promotion_time": None, "release": build.release,
            "start_time": time_text(build.start_ts), "state": build.state, "tag_id": tag.id, "tag_name": tag.name,
            "task_id": build.task_id, "version": build.version, "volume_id": 0, "volume_name": "DEFAULT"}


def listTagged(tag, event=None, inherit=False, prefix=None, latest=False, package=None, owner=None, type=None,
               strict=True, extra=True, draft=None):
    check_type(type)
    found = strict_tag(tag, event) if strict else find_tag(tag, event)
    if not found:
        return []
    rows = [tagged_row(*row) for row in tagged_builds(found, event, inherit, latest, package, type, owner)]
    return [row for row in rows if prefix is None or row["name"].startswith(prefix)]


def getLatestBuilds(tag, event=None, package=None, type=None, draft=None):
    return listTagged(tag, event, True, None, True, package, None, type)


def listTaggedRPMS(tag, event=None, inherit=False, latest=False, package=None, arch=None, rpmsigs=False, owner=None,
                   type=None, strict=True, extra=True, draft=None):
    found = strict_tag(tag, event) if strict else find_tag(tag, event)
    if not found:
        return [[], []]
    builds = tagged_builds(found, event, inherit, latest, package, type, owner)
    wanted = [arch] if isinstance(arch, str) else arch
    rpms = [r for _, _, b in builds for r in b.rpms or () if wanted is None or r.arch in wanted]
    return [[rpm_row(r, True) for r in sorted(rpms, key=lambda r: r.id)], [tagged_row(*row) for row in builds]]


def put_in_tag(tag, build):
    """Tags the build. One that is there already is moved to the front, as a forced tagging does."""
    take_from_tag(tag, build)
    tagging = Tagging(build_id=build.id, create_event=changed(tag))
    tag.listing.append(tagging)
    tag.active[build.id] = tagging
    build.tags = (build.tags or frozenset()) | {tag.id}


def take_from_tag(tag, build):
    tagging = tag.active.pop(build.id, None)
    if tagging:
        tagging.revoke_event = changed(tag)
        build.tags = build.tags - {tag.id}
    return bool(tagging)


def check_taggable(tag, build):
    """What tagging checks at once: the state, the package list, the lock, the permission."""
    if build.state != COMPLETE:
        raise TagError(f"build {build.nvr} not complete: state {STATES[build.state]}")
    entry = package_entry(tag, build.pkg_id)
    if not entry:
        raise TagError(f"Package {build.name} not in list for {tag.name}")
    if entry[1].blocked:
        raise TagError(f"Package {build.name} blocked in {tag.name}")
    check_tag_access(tag)


def check_tag_access(tag):
    if tag.locked and not has_perm("admin"):
        raise ActionNotAllowed("tag is locked")
    if tag.perm_id:
        name = PERMISSIONS[tag.perm_id - 1][0]
        if not has_perm(name):
            raise ActionNotAllowed(f"tag requires {name} permission")


def already_tagged(tag, build):
    return TagError(f"build {build.nvr} already tagged ({tag.name})")


def tagBuildBypass(tag, build, force=False, notify=False):
    assert_perm("tag")
    target, found = strict_tag(tag), strict_build(build)
    check_taggable(target, found)
    if found.id in target.active and not force:
        raise already_tagged(target, found)
    put_in_tag(target, found)


def massTag(tag, builds):
    assert_perm("tag")
    target = strict_tag(tag)
    wanted = [strict_build(b) for b in builds]
    for build in wanted:
        check_taggable(target, build)
    for build in wanted:
        if build.id not in target.active:
            put_in_tag(target, build)


def untag(tag, build, strict):
    target, found = strict_tag(tag), strict_build(build)
    check_tag_access(target)
    if not take_from_tag(target, found) and strict:
        raise TagError(f"build {found.nvr} not in tag {target.name}")


def untagBuild(tag, build, strict=True, force=False):
    assert_login()
    untag(tag, build, strict)


def untagBuildBypass(tag, build, strict=True, force=False, notify=False):
    assert_perm("tag")
    untag(tag, build, strict)


METHODS = {f.__name__: f for f in (
    listBuilds, getBuildType, getAverageBuildDuration, getBuildLogs, untaggedBuilds, listBuildRPMs,
    listRPMs, getRPMHeaders, listTagged, getLatestBuilds, listTaggedRPMS, tagBuildBypass, massTag, untagBuild,
    untagBuildBypass)}
METHODS.update(getBuild=get_build, getRPM=get_rpm, listTags=list_tags)
