# SPDX-License-Identifier: MIT
"""Calls that give the builders work, or stop it."""
import hub_trouble
from hub_builds import BUILDING, CANCELED, check_taggable, end_build, find_build, strict_build
from hub_repos import answer_of, newest_repo, oldest_usable_event, repo_row
from hub_state import assert_login, assert_perm, caller, has_perm, hub, wrote
from hub_tags import last_change, strict_tag
from hub_tasks import CANCELED as TASK_CANCELED, FAILED, cancel_task, find_task, strict_task, task_row
from hub_work import looked_at, open_request, start_again, start_build_task, start_repo_task, start_tag_task
from hub_xmlrpc import ActionNotAllowed, GenericError, ParameterError


def build(src, target, opts=None, priority=None, channel=None):
    assert_login()
    if not isinstance(src, str):
        raise ParameterError(f"Invalid type for value '{src}': {type(src)}, expected type <class 'str'>")
    if priority is not None and priority < 0 and not has_perm("admin"):
        raise ActionNotAllowed("only admins may create high-priority tasks")
    task = start_build_task(caller().id, src, target, opts, 20 + (priority or 0))
    hub_trouble.note_build(task)
    wrote()
    return task.id


def task_info(task_id, request, strict):
    task = find_task(task_id)
    if not task:
        if strict:
            raise GenericError("query returned no rows")
        return None
    if task.polls is not None:
        looked_at(task)
    row = task_row(task)
    if request:
        row["request"] = task.request
    return row


def getTaskInfo(task_id, request=False, strict=False):
    if isinstance(task_id, list):
        return [task_info(i, request, strict) for i in task_id]
    return task_info(task_id, request, strict)


def resubmitTask(taskID):
    assert_login()
    task = strict_task(taskID, "query returned no rows")
    if task.owner != caller().id and not has_perm("admin"):
        raise ActionNotAllowed(f"Cannot resubmit task {taskID}, not owner")
    if task.state not in (FAILED, TASK_CANCELED):
        raise GenericError(f"Can only resubmit failed or canceled tasks, not task {taskID}")
    wrote()
    return start_again(task).id


def cancelBuild(buildID, strict=False):
    assert_login()
    build = strict_build(buildID) if strict else find_build(buildID)
    if not build:
        return False
    if caller().id != build.owner_id and not has_perm("admin"):
        raise ActionNotAllowed("Cannot cancel build, not owner")
    if build.state != BUILDING:
        return False
    end_build(build, CANCELED)
    build.token = None
    if build.task_id in hub.tasks:
        cancel_task(hub.tasks[build.task_id])
    wrote()
    return True


def tagBuild(tag, build, force=False, fromtag=None):
    """Asks a builder to tag; that the build is tagged already is found only there."""
    assert_login()
    target = strict_tag(tag)
    found = strict_build(build)
    source = None if fromtag is None else strict_tag(fromtag)
    check_taggable(target, found)
    task = start_tag_task(target, found, bool(force), source)
    wrote()
    return task.id


def newRepo(tag, event=None, src=None, debuginfo=None, separate_src=None, opts=None):
    assert_perm("regen-repo", "repo")
    task = start_repo_task(strict_tag(tag), caller().id)
    wrote()
    return task.id


def repo_request(tag, min_event=None, at_event=None, opts=None, priority=None, force=False):
    assert_login()
    found = strict_tag(tag)
    wanted = last_change(found) if min_event == "last" else min_event
    repo = newest_repo(found, min_event=oldest_usable_event(found) if wanted is None else wanted)
    if repo and not force:
        return {"repo": repo_row(repo), "request": None, "duplicate": False}
    request, again = open_request(found, last_change(found) if wanted is None else wanted, caller().id)
    wrote()
    return dict(answer_of(request), duplicate=again)


METHODS = {"build": build, "getTaskInfo": getTaskInfo, "resubmitTask": resubmitTask, "cancelBuild": cancelBuild,
           "tagBuild": tagBuild, "newRepo": newRepo}
NEW_METHODS = {"repo.request": repo_request}
