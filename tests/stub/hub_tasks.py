# SPDX-License-Identifier: MIT
"""Tasks as callers see them: asked about, listed, canceled, submitted again."""
import base64

from hub_builds import BUILDING, CANCELED as BUILD_CANCELED, end_build
from hub_state import Task, assert_login, caller, find_user, has_perm, hub, query_options, stamp_of, time_text, wrote
from hub_xmlrpc import ActionNotAllowed, Fault, GenericError, ParameterError, call_text, fault_response, response

FREE, OPEN, CLOSED, CANCELED, ASSIGNED, FAILED = range(6)
ENDED = (CLOSED, CANCELED, FAILED)
CHANNELS = {"newRepo": 2, "createrepo": 2, "waitrepo": 1}


def make_task(method, request, owner, parent=None, label=None, arch="noarch", priority=20):
    task = Task(id=hub.next_id("task"), method=method, request=request, owner=owner,
                parent=parent and parent.id, label=label, arch=arch, channel_id=CHANNELS.get(method, 1),
                priority=priority, weight=1.0, state=FREE, create_ts=hub.now(), attempt=1)
    if parent:
        task.awaited = True
        parent.children = (parent.children or ()) + (task.id,)
    hub.tasks[task.id] = task
    return task


def find_task(task_id):
    task = hub.tasks.get(task_id)
    return None if task is None or task.gone else task


def strict_task(task_id, text):
    task = find_task(task_id)
    if not task:
        raise GenericError(text)
    return task


def task_row(task):
    return {"arch": task.arch, "awaited": task.awaited, "channel_id": task.channel_id,
            "completion_time": time_text(task.completion_ts), "completion_ts": task.completion_ts,
            "create_time": time_text(task.create_ts), "create_ts": task.create_ts, "host_id": task.host_id,
            "id": task.id, "label": task.label, "method": task.method, "owner": task.owner, "parent": task.parent,
            "priority": task.priority, "start_time": time_text(task.start_ts), "start_ts": task.start_ts,
            "state": task.state, "waiting": task.waiting, "weight": task.weight}


def getTaskRequest(taskId):
    return strict_task(taskId, "No such task").request


def getTaskResult(taskId, raise_fault=True):
    task = strict_task(taskId, "No such task")
    if task.state == CANCELED:
        raise GenericError(f"Task {taskId} is canceled")
    if task.state not in ENDED:
        raise GenericError(f"Task {taskId} is not finished")
    if not isinstance(task.result, Fault):
        return task.result
    if raise_fault:
        raise task.result
    return {"faultCode": task.result.code, "faultString": task.result.text}


def children_of(task):
    return [hub.tasks[i] for i in task.children or ()]


def getTaskChildren(task_id, request=False, strict=False):
    task = find_task(task_id)
    return [child_row(child, request) for child in children_of(task)] if task else []


def child_row(task, request):
    row = task_row(task)
    if request:
        row["request"] = task.request
    return row


def getTaskDescendents(task_id, request=False):
    task = find_task(task_id)
    tree = {str(task_id): [child_row(c, request) for c in children_of(task)] if task else []}
    for child in children_of(task) if task else ():
        tree.update(getTaskDescendents(child.id, request))
    return tree


def encoded_result(task):
    if isinstance(task.result, Fault):
        return fault_response(task.result.code, task.result.text)
    return response(task.result) if task.state == CLOSED else None


def decoded_result(task):
    if isinstance(task.result, Fault):
        return {"faultCode": task.result.code, "faultString": task.result.text}
    return [task.result] if task.state == CLOSED else None


def listed_row(task, decode):
    row = dict(task_row(task), owner_name=hub.users_by_id[task.owner].name, owner_type=0)
    row["request"] = task.request if decode else call_text(task.method, task.request)
    row["result"] = decoded_result(task) if decode else encoded_result(task)
    return row


def as_list(value):
    return value if isinstance(value, list) else [value]


TIMES = {"created": "create_ts", "started": "start_ts", "complete": "completion_ts"}


def task_filter(name, value):
    """The predicate of one member of listTasks' opts."""
    if name == "owner":
        value = [find_user(v, strict=True).id for v in as_list(value)]
    for word, member in TIMES.items():
        if name == word + "Before":
            return lambda t: getattr(t, member) is not None and getattr(t, member) < stamp_of(value)
        if name == word + "After":
            return lambda t: getattr(t, member) is not None and getattr(t, member) > stamp_of(value)
    if name in ("state", "owner", "method", "arch", "channel_id", "host_id", "id", "parent"):
        wanted = as_list(value)
        return lambda t: getattr(t, name) in wanted
    if name in ("not_state", "not_arch", "not_host_id", "not_owner"):
        return lambda t: getattr(t, name[4:]) not in as_list(value)
    raise ParameterError(f"listTasks() got an unexpected option {name!r}")


def listTasks(opts=None, queryOpts=None):
    opts = dict(opts or {})
    decode = opts.pop("decode", False)
    filters = [task_filter(name, value) for name, value in opts.items()]
    found = [t for t in hub.tasks.values() if not t.gone and all(f(t) for f in filters)]
    found = query_options(found, queryOpts, getattr)
    return found if isinstance(found, int) else [listed_row(t, decode) for t in found]


def cancel_task(task):
    """Cancels a task and what hangs on it; one that has ended stays as it is."""
    if task.state not in ENDED:
        task.state, task.completion_ts, task.job, task.waits = CANCELED, hub.now(), None, None
        build = hub.builds_by_task.get(task.id)
        if build and build.state == BUILDING:
            end_build(build, BUILD_CANCELED)
    for child in children_of(task):
        cancel_task(child)


def cancelTask(task_id, recurse=True):
    assert_login()
    task = strict_task(task_id, f"No such task: {task_id}")
    if task.owner != caller().id and not has_perm("admin"):
        raise ActionNotAllowed("Cannot cancel task, not owner")
    if task.state not in ENDED:
        cancel_task(task)
        wrote()


def cancelTaskFull(task_id, strict=True):
    cancelTask(task_id)


def outputs(task):
    """The files that a task has left: name and content."""
    if task.method != "buildArch" or task.state not in ENDED:
        return {}
    logs = {"build.log": "built\n" * 8, "state.log": "done\n", "root.log": "fake buildroot\n"}
    build = hub.builds_by_task.get(task.parent)
    rpms = [r.file for r in (build.rpms if build else None) or () if r.arch in (task.arch, "noarch", "src")]
    return dict(logs, **{name: "rpm" for name in rpms})


def listTaskOutput(taskID, stat=False, all_volumes=False, strict=False):
    task = strict_task(taskID, f"No such task: {taskID}") if strict else find_task(taskID)
    found = outputs(task) if task else {}
    if not stat:
        return list(found)
    when = task.completion_ts if task else None
    return {name: {"st_atime": when, "st_ctime": when, "st_mtime": when, "st_size": str(len(text))}
            for name, text in found.items()}


def downloadTaskOutput(taskID, fileName, offset=0, size=-1, volume=None):
    task = find_task(taskID)
    content = (outputs(task) if task else {}).get(fileName)
    if content is None:
        raise GenericError(f"no file \"{fileName}\" output by task {taskID}")
    data = content.encode()[offset:None if size < 0 else offset + size]
    return base64.encodebytes(data).decode()


def taskFinished(taskId):
    return strict_task(taskId, "No such task").state in ENDED


METHODS = {f.__name__: f for f in (
    getTaskRequest, getTaskResult, getTaskChildren, getTaskDescendents, listTasks, cancelTask,
    cancelTaskFull, listTaskOutput, downloadTaskOutput, taskFinished)}
