# SPDX-License-Identifier: MIT
"""What tests tell the hub: POST /control, a JSON object whose "do" names the command.

    load      "users", "tags", "targets", "btypes", "builds", "external_repos", "rules", "options": see load()
    reset     everything is forgotten but the options; the first users and the loaded file are there again
    set       options (hub_state.State.options) as members; "certificate": the name, or the subject, in the
              certificate that a login over plain HTTP is taken to come with
    rules     "rules": how tasks go (hub_rules.py), in place of those before; "add": true after them
    trouble   "troubles": a list (hub_trouble.py); "clear": true forgets those before; answers how often each is
              still to strike
    release   lets the calls go that are held
    held      how many are held
    clock     "manual": true: time stands still, "at" seconds if given, until it is advanced
    upload    "path" below the hub's work folder, "text"; "locked": another upload to it is going on
    advance   by "ms"
    expire    the sessions of "session", or all
    task      of "id": "state", "gone": true, "finish": true, "poll"
    call      "method", "params", "user": a call as that user (kojiadmin)
    counts    requests, by method those alone and those in multiCalls, and faults; seconds of CPU used
    log       every request: time, method, how many calls in it, bytes
    ledger    build tasks by the "option" that holds their key, and duplicates
    places    [method, tag or target, user, how often] of calls that were to change one, and of listTagged
    forget    counts, log, ledger and places begin again
    seed      see hub_seed.py
"""
import json
import time

import hub_trouble
from hub_builds import COMPLETE, find_build, make_build, put_in_tag
from hub_calls import call
from hub_repos import make_repo, repo_ready
from hub_seed import seed
from hub_sessions import Session, create_session
from hub_srpms import add_rpms
from hub_state import add_user, context, find_user, hub, package_id
from hub_tags import (LINK_FIELDS, Entry, add_external_repo, add_link, changed, find_tag, make_tag, make_target,
                      own_group, perm_id)
from hub_work import end_task, hurry, run_due

FIRST_USERS = (
    {"name": "kojiadmin", "password": "adminpw", "perms": ["admin"]},
    {"name": "rida", "password": "ridapw", "perms": ["repo", "tag", "target"], "cgs": ["module-build-service"]},
    {"name": "nobody1", "password": "nobodypw"},
    {"name": "blocked1", "password": "blockedpw", "status": 1},
)
first_state = {"file": None}


def begin():
    """The state that the hub starts with."""
    hub.clear()
    context.committed = False
    for user in FIRST_USERS:
        add_user(**user)
    if first_state["file"]:
        with open(first_state["file"], encoding="utf-8") as file:
            load(**json.load(file))


def load(users=(), tags=(), targets=(), btypes=(), builds=(), external_repos=(), rules=(), options=None, ids=None,
         events=0, sessions=()):
    """Adds: users {name, password, perms, status, cgs}; tags {name, arches, extra, perm, locked, parents: [names],
    groups: {name: [packages]}, packages: {name: owner}, external_repos: [{name, url, priority}], repo: true: it
    has one}; targets {name, build_tag, dest_tag}; builds {nvr, owner, tags: [names], rpms}; sessions {id, key,
    user_id, authtype, callnum, expired}, which may be there already. ids is the last id used by table; events is
    the least that the last event is."""
    hub.options.update(options or {})
    hub.ids.update(ids or {})
    while hub.last_event < events:
        hub.new_event()
    for session in sessions:
        load_session(**session)
    for user in users:
        add_user(**user)
    for name in btypes:
        hub.btypes.setdefault(name, len(hub.btypes) + 1)
    for repo in external_repos:
        hub.external_repos.setdefault(repo["name"], dict(repo, id=len(hub.external_repos) + 1))
    for tag in tags:
        load_tag(**tag)
    for target in targets:
        make_target(target["name"], find_tag(target["build_tag"]), find_tag(target["dest_tag"]))
    for build in builds:
        load_build(**build)
    hub.rules.extend(rules)
    for tag in tags:
        if tag.get("repo"):
            repo_ready(make_repo(find_tag(tag["name"]), None))


def load_tag(name, arches="", extra=None, perm=None, locked=False, parents=(), groups=None, packages=None,
             external_repos=(), repo=False):
    tag = find_tag(name) or make_tag(name, arches, perm_id(perm), locked, extra)
    for i, parent in enumerate(parents):
        values = (find_tag(parent).id, 10 * i, None, False, False, "")
        add_link(tag, dict(zip(LINK_FIELDS, values)), tag.create_event)
    for group, names in (groups or {}).items():
        hub.groups.setdefault(group, len(hub.groups) + 1)
        own_group(tag, group).packages.update(dict.fromkeys(names, True))
    for package, owner in (packages or {}).items():
        tag.packages[package_id(package)] = Entry(owner_id=find_user(owner, strict=True).id, blocked=False)
    for external in external_repos:
        add_external_repo(tag, external["name"], external.get("url"), external.get("priority", 5))
    changed(tag)


def load_session(id, **members):
    session = hub.sessions.get(id)
    if not session:
        session = create_session(hub.users_by_id[members["user_id"]], members.get("authtype", 0))
        del hub.sessions[session.id]
        session.id = id
        hub.sessions[id] = session
    session.closed = False
    for name, value in members.items():
        setattr(session, name, value)


def load_build(nvr, owner="rida", tags=(), rpms=None, task_id=None):
    build = make_build(*nvr.rsplit("-", 2), find_user(owner, strict=True).id, COMPLETE, task_id=task_id)
    build.completion_ts = build.start_ts
    places = [find_tag(t) for t in tags]
    add_rpms(build, places[0] if places else None, {"rpms": rpms} if rpms is not None or not places else {})
    for tag in places:
        put_in_tag(tag, build)


def do_set(**options):
    unknown = set(options) - set(hub.options) - {"certificate"}
    if unknown:
        raise ValueError(f"no such option: {', '.join(unknown)}")
    hub.options.update(options)


def do_rules(rules, add=False):
    hub.rules = (hub.rules if add else []) + rules


def do_trouble(troubles=(), clear=False):
    if clear:
        hub_trouble.troubles.clear()
    hub_trouble.troubles.extend(hub_trouble.Trouble(**t) for t in troubles)
    return [t.left for t in hub_trouble.troubles]


def do_clock(manual, at=None):
    hub.manual_now = (hub.now() if at is None else float(at)) if manual else None


def do_upload(path, text, locked=False):
    hub.uploads[path] = (bytearray(text.encode()), hub.now())
    if locked:
        hub.upload_locks.add(path)


def do_advance(ms):
    hub.manual_now = hub.now() + ms / 1000
    run_due()


def do_expire(session=None):
    for found in hub.sessions.values():
        if session in (None, found.id):
            found.expired = True


def do_task(id, state=None, gone=None, finish=False):
    task = hub.tasks[id]
    if finish:
        task.polls = None
        hurry(task)
        run_due()
    if state is not None:
        if state in (2, 5):
            end_task(task, state, None)
        task.state = state
    if gone is not None:
        task.gone = gone
    return {"id": task.id, "state": task.state}


def do_call(method, params=(), user="kojiadmin"):
    context.session, context.certificate = Session(user_id=find_user(user, strict=True).id), None
    return call(method, list(params))


def do_counts():
    return {"requests": hub_trouble.book.requests, "methods": hub_trouble.book.methods,
            "cpu": time.process_time(), "tasks": len(hub.tasks), "builds": len(hub.builds), "sessions": len(hub.sessions)}


def do_metadata(build):
    """What was imported for a content generator's build."""
    return hub.archives.get(find_build(build).id)


def do_forget():
    hub_trouble.book.clear()


COMMANDS = {"load": load, "reset": begin, "set": do_set, "rules": do_rules, "trouble": do_trouble,
            "held": lambda: hub_trouble.held["waiting"], "release": hub_trouble.release, "clock": do_clock,
            "upload": do_upload,
            "advance": do_advance, "expire": do_expire, "task": do_task, "call": do_call, "counts": do_counts,
            "log": lambda: hub_trouble.book.log, "ledger": lambda option="rida_key": hub_trouble.ledger(option),
            "places": lambda: [[*place, n] for place, n in hub_trouble.book.places.items()],
            "metadata": do_metadata, "forget": do_forget, "seed": seed}


def command(body):
    """Does what a request to /control says; returns what it answers."""
    args = json.loads(body)
    with hub.lock:
        run_due()
        return COMMANDS[args.pop("do")](**args)
