# SPDX-License-Identifier: MIT
"""Tags and what belongs to them: inheritance, groups, packages, external repositories, targets."""
import re

from hub_state import (PERMISSIONS, Record, Tag, Target, assert_perm, find_package, find_user, has_perm, hub,
                       name_or_id, package_id, query_options, strict_package, user_name, wrote)
from hub_xmlrpc import ActionNotAllowed, GenericError

LINK_FIELDS = ("parent_id", "priority", "maxdepth", "intransitive", "noconfig", "pkg_filter")
PERM_IDS = {name: i for i, (name, _) in enumerate(PERMISSIONS, 1)}


class Link(Record):
    """A parent in a tag's inheritance, from one event to another."""
    __slots__ = LINK_FIELDS + ("create_event", "revoke_event")


class Entry(Record):
    """A package in a tag's list."""
    __slots__ = ("owner_id", "blocked", "extra_arches")


class Group(Record):
    """A group in a tag: its packages and groups by name."""
    __slots__ = ("id", "name", "packages", "groups")


def existed(row, event):
    if event is None:
        return row.revoke_event is None
    return row.create_event <= event and (row.revoke_event is None or row.revoke_event > event)


def find_tag(info, event=None):
    """A tag by name or id, as it was at an event; or None."""
    name_or_id(info)
    tag = hub.tags_by_id.get(info) if isinstance(info, int) else hub.tags.get(info)
    return tag if tag and existed(tag, event) else None


def strict_tag(info, event=None):
    tag = find_tag(info, event)
    if tag is None:
        raise GenericError(f"No such tagInfo: {info!r}")
    return tag


def strict_tag_id(info):
    """The same for calls that only want the id, which word the fault another way."""
    tag = find_tag(info)
    if tag is None:
        raise GenericError(f"No such entry in table tag: {info}")
    return tag


def changed(tag):
    """A new event, which is this tag's last change."""
    tag.last_change = hub.new_event()
    wrote()
    return tag.last_change


def tag_row(tag):
    perm = PERMISSIONS[tag.perm_id - 1][0] if tag.perm_id else None
    return {"arches": tag.arches, "id": tag.id, "locked": tag.locked, "maven_include_all": False,
            "maven_support": False, "name": tag.name, "perm": perm, "perm_id": tag.perm_id}


def check_name(name):
    if len(name) > 256:
        raise GenericError(f"Name {name} is too long. Max length is 256 characters")
    if not re.fullmatch(r"[A-Za-z0-9/_.+-]+", name):
        raise GenericError(f"Name {name} does not match RegexNameInternal value")


def check_arches(arches):
    if not re.fullmatch(r"[A-Za-z0-9_\- ]*", arches or ""):
        raise GenericError("Architecture can be only [a-zA-Z0-9_-]")
    return " ".join((arches or "").split())


def perm_id(perm):
    if perm is None:
        return None
    found = PERM_IDS.get(perm) if isinstance(perm, str) else perm
    if not found or not 0 < found <= len(PERMISSIONS):
        raise GenericError(f"No such entry in table permissions: {perm}")
    return found


# --- tags

def get_tag(tagInfo, strict=False, event=None, blocked=False):
    tag = strict_tag(tagInfo, event) if strict else find_tag(tagInfo, event)
    if tag is None:
        return None
    info = dict(tag_row(tag), extra=dict(tag.extra))
    if event is not None:
        info["query_event"] = event
    return info


def get_tag_id(info, strict=False):
    tag = strict_tag_id(info) if strict else find_tag(info)
    return tag and tag.id


def make_tag(name, arches="", perm=None, locked=False, extra=None):
    event = hub.new_event()
    tag = Tag(id=hub.next_id("tag"), name=name, arches=arches, perm_id=perm, locked=locked, extra=dict(extra or {}),
              create_event=event, last_change=event, links=[], packages={}, groups={}, external_repos=[], listing=[],
              active={})
    hub.tags[name] = hub.tags_by_id[tag.id] = tag
    return tag


def create_tag(name, parent=None, arches=None, perm=None, locked=False, maven_support=False,
               maven_include_all=False, extra=None):
    assert_perm("tag")
    check_name(name)
    arches, perm = check_arches(arches), perm_id(perm)
    if find_tag(name):
        raise GenericError(f"A tag with the name '{name}' already exists")
    parent_tag = None if parent is None else find_tag(parent)
    if parent is not None and not parent_tag:
        raise GenericError(f"Parent tag '{parent}' could not be found")
    tag = make_tag(name, arches, perm, bool(locked), extra)
    if parent_tag:
        add_link(tag, dict(zip(LINK_FIELDS, (parent_tag.id, 0, None, False, False, ""))), tag.create_event)
    wrote()
    return tag.id


def edit_tag(tagInfo, name=None, arches=None, locked=None, perm=0, extra=None, remove_extra=None, block_extra=None,
             **unknown):
    assert_perm("tag")
    tag = strict_tag(tagInfo)
    new_perm = tag.perm_id if perm == 0 else perm_id(perm)
    if name not in (None, tag.name):
        check_name(name)
        if find_tag(name):
            raise GenericError(f"Name {name} already taken by tag {find_tag(name).id}")
        del hub.tags[tag.name]
        tag.name = name
        hub.tags[name] = tag
    if arches is not None:
        tag.arches = check_arches(arches)
    tag.perm_id = new_perm
    tag.locked = tag.locked if locked is None else bool(locked)
    tag.extra.update(extra or {})
    for key in remove_extra or ():
        tag.extra.pop(key, None)
    changed(tag)


def delete_tag(tagInfo):
    assert_perm("tag")
    tag = strict_tag(tagInfo)
    tag.revoke_event = changed(tag)


def getBuildConfig(tag, event=None):
    info = get_tag(tag, True, event)
    sources = {"extra": {}, "arches": None}
    for link in full_inheritance(find_tag(tag, event), event):
        if link["noconfig"]:
            continue
        parent = hub.tags_by_id[link["parent_id"]]
        if not info["arches"] and parent.arches:
            info["arches"] = parent.arches
            sources["arches"] = {"tag_id": parent.id, "name": parent.name}
        for key, value in parent.extra.items():
            if key not in info["extra"]:
                info["extra"][key] = value
                sources["extra"][key] = {"tag_id": parent.id, "name": parent.name}
    return dict(info, config_inheritance=sources)


# --- inheritance

def add_link(tag, fields, event):
    tag.links.append(Link(create_event=event, **fields))


def links_of(tag, event=None):
    return sorted((link for link in tag.links if existed(link, event)), key=lambda link: link.priority)


def link_row(tag, link):
    return {"intransitive": link.intransitive, "maxdepth": link.maxdepth,
            "name": hub.tags_by_id[link.parent_id].name, "noconfig": link.noconfig, "parent_id": link.parent_id,
            "pkg_filter": link.pkg_filter, "priority": link.priority, "child_id": tag.id}


def getInheritanceData(tag, event=None):
    tag = strict_tag_id(tag)
    return [link_row(tag, link) for link in links_of(tag, event)]


def setInheritanceData(tag, data, clear=False):
    assert_perm("tag")
    tag = strict_tag(tag)
    wanted = {} if clear else {link.parent_id: {f: getattr(link, f) for f in LINK_FIELDS} for link in links_of(tag)}
    for item in data:
        for field in LINK_FIELDS:
            if field not in item:
                raise GenericError(f"No value for {field}")
        strict_tag(item["parent_id"])
        if item.get("delete link"):
            wanted.pop(item["parent_id"], None)
        else:
            wanted[item["parent_id"]] = {f: item[f] for f in LINK_FIELDS}
    check_priorities(tag, wanted)
    replace_links(tag, wanted)


def check_priorities(tag, wanted):
    by_priority = {}
    for parent, fields in wanted.items():
        by_priority.setdefault(fields["priority"], []).append(parent)
    for priority, parents in by_priority.items():
        if len(parents) > 1:
            raise GenericError(f"Multiple parent tags ({parents}) cannot have the same priority value "
                               f"({priority}) on child tag {tag.id}")


def replace_links(tag, wanted):
    """Ends the links that are not wanted as they are and begins those that are missing; nothing to do is no event."""
    present = {link.parent_id: link for link in links_of(tag)}
    kept = {p for p, link in present.items() if wanted.get(p) == {f: getattr(link, f) for f in LINK_FIELDS}}
    if kept == set(present) == set(wanted):
        return
    event = changed(tag)
    for parent, link in present.items():
        if parent not in kept:
            link.revoke_event = event
    for parent, fields in wanted.items():
        if parent not in kept:
            add_link(tag, fields, event)


def full_inheritance(tag, event=None):
    """All that a tag inherits, nearest first; each parent once."""
    order, seen = [], {tag.id}

    def follow(child, depth, maxdepth, noconfig, filters):
        if maxdepth is not None and maxdepth < 1:
            return
        for link in links_of(child, event):
            if (link.intransitive and depth > 1) or link.parent_id in seen:
                continue
            seen.add(link.parent_id)
            limits = [limit - 1 for limit in (maxdepth, link.maxdepth) if limit is not None]
            next_depth = min(limits) if limits else None
            inner = filters + ([link.pkg_filter] if link.pkg_filter else [])
            order.append(dict(link_row(child, link), noconfig=link.noconfig or noconfig, nextdepth=next_depth,
                              currdepth=depth, filter=inner))
            follow(hub.tags_by_id[link.parent_id], depth + 1, next_depth, link.noconfig or noconfig, inner)

    follow(tag, 1, None, False, [])
    return order


def with_parents(tag, event=None):
    """The tag and what it inherits from, as tags."""
    return [tag] + [hub.tags_by_id[link["parent_id"]] for link in full_inheritance(tag, event)]


def last_change(tag):
    return max(t.last_change for t in with_parents(tag))


def getFullInheritance(tag, event=None, reverse=False):
    return full_inheritance(strict_tag_id(tag), event)


# --- groups

def groups_of(tag, inherit=True):
    """Groups by name: (the tag that has it first, its id, packages as name -> the tag they come from)."""
    found = {}
    for source in with_parents(tag) if inherit else [tag]:
        for group in source.groups.values():
            known = found.setdefault(group.name, (source, group.id, {}, {}))
            for name in group.packages:
                known[2].setdefault(name, source)
            for name in group.groups:
                known[3].setdefault(name, source)
    return found


def group_row(name, source, group_id, packages, groups):
    return {"biarchonly": False, "blocked": False, "description": None, "display_name": name, "exported": True,
            "group_id": group_id, "is_default": None, "langonly": None, "name": name, "tag_id": source.id,
            "uservisible": True,
            "packagelist": [{"basearchonly": None, "blocked": False, "group_id": group_id, "package": package,
                             "requires": None, "tag_id": tag.id, "type": "mandatory"}
                            for package, tag in packages.items()],
            "grouplist": [{"biarchonly": None, "blocked": False, "group_id": group_id, "is_metapkg": False,
                           "name": inner, "req_id": hub.groups[inner], "tag_id": tag.id, "type": "mandatory"}
                          for inner, tag in groups.items()]}


def getTagGroups(tag, event=None, inherit=True, incl_pkgs=True, incl_reqs=True, incl_blocked=False):
    return [group_row(name, *found) for name, found in groups_of(strict_tag_id(tag), inherit).items()]


def own_group(tag, name):
    """The row of a group in this very tag."""
    if name not in tag.groups:
        tag.groups[name] = Group(id=hub.groups[name], name=name, packages={}, groups={})
    return tag.groups[name]


def groupListAdd(taginfo, grpinfo, block=False, force=False, **opts):
    assert_perm("tag")
    tag = strict_tag(taginfo)
    hub.groups.setdefault(grpinfo, len(hub.groups) + 1)
    if grpinfo not in groups_of(tag):
        own_group(tag, grpinfo)
        changed(tag)


def known_group(tag, name):
    """The group as the tag sees it, inherited or its own."""
    if name not in hub.groups:
        raise GenericError(f"No such entry in table groups: {name}")
    found = groups_of(tag).get(name)
    if not found:
        raise GenericError(f"group {name} not valid for tag {tag.name}")
    return found


def groupPackageListAdd(taginfo, grpinfo, pkg_name, block=False, force=False, **opts):
    assert_perm("tag")
    tag = strict_tag(taginfo)
    if pkg_name not in known_group(tag, grpinfo)[2]:
        own_group(tag, grpinfo).packages[pkg_name] = True
        changed(tag)


def groupReqListAdd(taginfo, grpinfo, reqinfo, block=False, force=False, **opts):
    assert_perm("tag")
    tag = strict_tag(taginfo)
    known_group(tag, grpinfo)
    if reqinfo not in hub.groups:
        raise GenericError(f"No such entry in table groups: {reqinfo}")
    own_group(tag, grpinfo).groups[reqinfo] = True
    changed(tag)


# --- package lists

def package_entry(tag, package):
    """What a tag says of a package, itself or by inheritance: the tag and the entry, or None."""
    for source in with_parents(tag):
        if package in source.packages:
            return source, source.packages[package]
    return None


def entry_row(tag, package, entry):
    return {"blocked": entry.blocked, "extra_arches": entry.extra_arches, "owner_id": entry.owner_id,
            "owner_name": user_name(entry.owner_id), "package_id": package,
            "package_name": hub.package_names[package], "tag_id": tag.id, "tag_name": tag.name}


def listPackages(tagID=None, userID=None, pkgID=None, prefix=None, inherited=False, with_dups=False, event=None,
                 queryOpts=None, with_owners=True, with_blocked=True):
    if tagID is None:
        rows = [{"package_id": i, "package_name": name} for i, name in hub.package_names.items()]
    else:
        tag, seen = strict_tag_id(tagID), {}
        for source in with_parents(tag) if inherited else [tag]:
            for package, entry in source.packages.items():
                seen.setdefault(package, entry_row(source, package, entry))
        rows = list(seen.values())
    if pkgID is not None:
        wanted = strict_package(pkgID)
        rows = [row for row in rows if row["package_id"] == wanted]
    if userID is not None:
        owner = find_user(userID, strict=True).id
        rows = [row for row in rows if row.get("owner_id") == owner]
    if not with_blocked:
        rows = [row for row in rows if not row.get("blocked")]
    return query_options(rows, queryOpts, lambda row, field: row[field])


def assert_package_policy():
    if not has_perm("tag"):
        raise ActionNotAllowed("policy violation (package_list): Only admin/tag can do this via default policy")


def pkglist_change(tag, package_name, owner, blocked, extra_arches=None, update=False):
    """Sets a package's entry in a tag; one that would say what holds already is not written."""
    assert_package_policy()
    if tag.locked and not has_perm("admin"):
        raise ActionNotAllowed("tag is locked")
    owner_id = None if owner is None else find_user(owner, strict=True).id
    package = hub.packages.get(package_name)
    before = package and package_entry(tag, package)
    if not before and owner_id is None:
        raise GenericError("update: package not in list" if update else "owner not specified")
    previous = before[1] if before else None
    entry = Entry(owner_id=owner_id if owner_id is not None else previous.owner_id, blocked=bool(blocked),
                  extra_arches=extra_arches or (previous and previous.extra_arches))
    same = previous and all(getattr(previous, f) == getattr(entry, f) for f in Entry.__slots__)
    if not same:
        tag.packages[package_id(package_name)] = entry
        changed(tag)


def name_of_package(info):
    return hub.package_names[strict_package(info)] if isinstance(info, int) else info


def packageListAdd(taginfo, pkginfo, owner=None, block=None, extra_arches=None, force=False, update=False):
    pkglist_change(strict_tag(taginfo), name_of_package(pkginfo), owner, block, extra_arches, update)


def packageListBlock(taginfo, pkginfo, force=False):
    tag = strict_tag(taginfo)
    package = strict_package(pkginfo)
    if not package_entry(tag, package):
        raise GenericError(f"Package {hub.package_names[package]} is not in tag listing for {tag.name}")
    pkglist_change(tag, hub.package_names[package], None, True)


def packageListUnblock(taginfo, pkginfo, force=False):
    tag = strict_tag(taginfo)
    package = strict_package(pkginfo)
    assert_package_policy()
    found = package_entry(tag, package)
    name = hub.package_names[package]
    if not found:
        raise GenericError(f"package {name} is not in list for tag {tag.name}")
    if not found[1].blocked:
        raise GenericError(f"package {name} NOT blocked in tag {tag.name}")
    pkglist_change(tag, name, None, False)


def packageListRemove(taginfo, pkginfo, force=False):
    tag = strict_tag(taginfo)
    package = strict_package(pkginfo)
    assert_package_policy()
    if tag.packages.pop(package, None):
        changed(tag)


def packageListSetOwner(taginfo, pkginfo, owner, force=False):
    tag = strict_tag(taginfo)
    package = strict_package(pkginfo)
    found = package_entry(tag, package)
    pkglist_change(tag, hub.package_names[package], owner, found and found[1].blocked)


def getPackageID(name, strict=False):
    found = find_package(name)
    if found is None and strict:
        raise GenericError(f"No such entry in table package: {name}")
    return found


def getPackage(info, strict=False, create=False):
    found = strict_package(info) if strict else find_package(info)
    return found and {"id": found, "name": hub.package_names[found]}


# --- external repositories

def external_row(tag, repo):
    return {"arches": None, "external_repo_id": hub.external_repos[repo["name"]]["id"],
            "external_repo_name": repo["name"], "merge_mode": repo.get("merge_mode", "koji"),
            "priority": repo.get("priority", 5), "tag_id": tag.id, "tag_name": tag.name,
            "url": hub.external_repos[repo["name"]]["url"]}


def add_external_repo(tag, name, url, priority=5, merge_mode="koji"):
    hub.external_repos.setdefault(name, {"id": len(hub.external_repos) + 1, "url": url, "name": name})
    tag.external_repos.append({"name": name, "priority": priority, "merge_mode": merge_mode})
    changed(tag)


def getTagExternalRepos(tag_info=None, repo_info=None, event=None):
    tags = hub.tags_by_id.values() if tag_info is None else [strict_tag(tag_info)]
    return [external_row(t, r) for t in tags for r in sorted(t.external_repos, key=lambda r: r["priority"])]


def getExternalRepoList(tag_info, event=None):
    rows = {}
    for tag in with_parents(strict_tag(tag_info), event):
        for repo in sorted(tag.external_repos, key=lambda r: r["priority"]):
            rows.setdefault(repo["name"], external_row(tag, repo))
    return list(rows.values())


def createExternalRepo(name, url):
    assert_perm("admin")
    if name in hub.external_repos:
        raise GenericError(f"An external repo named \"{name}\" already exists")
    hub.external_repos[name] = {"id": len(hub.external_repos) + 1, "url": url, "name": name}
    wrote()
    return dict(hub.external_repos[name])


def addExternalRepoToTag(tag_info, repo_info, priority, merge_mode="koji", arches=None):
    assert_perm("tag")
    tag = strict_tag(tag_info)
    if repo_info not in hub.external_repos:
        raise GenericError(f"No such repo: {repo_info}")
    add_external_repo(tag, repo_info, None, priority, merge_mode)


# --- targets

def find_target(info):
    if isinstance(info, str):
        return hub.targets.get(info)
    return next((t for t in hub.targets.values() if t.id == info), None)


def strict_target(info):
    target = find_target(name_or_id(info))
    if not target:
        raise GenericError(f"No such build target: {info}")
    return target


def target_row(target):
    return {"build_tag": target.build_tag, "build_tag_name": hub.tags_by_id[target.build_tag].name,
            "dest_tag": target.dest_tag, "dest_tag_name": hub.tags_by_id[target.dest_tag].name,
            "id": target.id, "name": target.name}


def getBuildTarget(info, event=None, strict=False):
    target = strict_target(info) if strict else find_target(name_or_id(info))
    return target and target_row(target)


def getBuildTargets(info=None, event=None, buildTagID=None, destTagID=None, queryOpts=None):
    targets = list(hub.targets.values())
    if info is not None:
        targets = [t for t in targets if info in (t.id, t.name)]
    for attribute, wanted in (("build_tag", buildTagID), ("dest_tag", destTagID)):
        if wanted is not None:
            tag = find_tag(wanted)
            targets = [t for t in targets if tag and getattr(t, attribute) == tag.id]
    return query_options([target_row(t) for t in targets], queryOpts, lambda row, field: row[field])


def make_target(name, build_tag, dest_tag):
    target = Target(id=hub.next_id("target"), name=name, build_tag=build_tag.id, dest_tag=dest_tag.id)
    hub.targets[name] = target
    hub.new_event()
    return target


def target_tags(build_tag, dest_tag):
    found = []
    for what, info in (("build", build_tag), ("destination", dest_tag)):
        tag = find_tag(info)
        if not tag:
            raise GenericError(f"{what} tag '{info}' does not exist")
        found.append(tag)
    return found


def createBuildTarget(name, build_tag, dest_tag):
    assert_perm("target")
    check_name(name)
    if name in hub.targets:
        raise GenericError(f"A build target with the name '{name}' already exists")
    make_target(name, *target_tags(build_tag, dest_tag))
    wrote()


def editBuildTarget(buildTargetInfo, name, build_tag, dest_tag):
    assert_perm("target")
    target = strict_target(buildTargetInfo)
    build, dest = target_tags(build_tag, dest_tag)
    del hub.targets[target.name]
    target.name, target.build_tag, target.dest_tag = name, build.id, dest.id
    hub.targets[name] = target
    hub.new_event()
    wrote()


def deleteBuildTarget(buildTargetInfo):
    assert_perm("target")
    del hub.targets[strict_target(buildTargetInfo).name]
    hub.new_event()
    wrote()


METHODS = {f.__name__: f for f in (
    getBuildConfig, getInheritanceData, setInheritanceData, getFullInheritance, getTagGroups, groupListAdd,
    groupPackageListAdd, groupReqListAdd, listPackages, packageListAdd, packageListBlock, packageListUnblock,
    packageListRemove, packageListSetOwner, getPackageID, getPackage, getTagExternalRepos, getExternalRepoList,
    createExternalRepo, addExternalRepoToTag, getBuildTarget, getBuildTargets, createBuildTarget, editBuildTarget,
    deleteBuildTarget)}
METHODS.update(getTag=get_tag, getTagID=get_tag_id, createTag=create_tag, editTag2=edit_tag, editTag=edit_tag,
               deleteTag=delete_tag)
