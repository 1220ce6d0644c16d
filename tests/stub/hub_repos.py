# SPDX-License-Identifier: MIT
"""Repositories of tags: made by newRepo tasks from the tag as it was at an event, or asked for."""
import bisect

from hub_state import Repo, hub, time_text, user_name
from hub_tags import last_change, strict_tag_id
from hub_xmlrpc import BuildError, GenericError

INIT, READY = 0, 1


def make_repo(tag, task):
    event = hub.new_event()
    begin = last_change(tag)
    repo = Repo(id=hub.next_id("repo"), tag_id=tag.id, state=INIT, create_event=event, create_ts=hub.events[event],
                begin_event=begin, begin_ts=hub.events[begin], creation_ts=hub.now(), state_ts=hub.now(),
                task_id=task and task.id)
    hub.repos[repo.id] = repo
    hub.repos_by_tag.setdefault(tag.id, []).append(repo)
    return repo


def repo_ready(repo):
    repo.state, repo.state_ts = READY, hub.now()


def repo_row(repo):
    task = hub.tasks.get(repo.task_id)
    return {"begin_event": repo.begin_event, "begin_ts": repo.begin_ts, "create_event": repo.create_event,
            "create_ts": repo.create_ts, "creation_time": time_text(repo.creation_ts),
            "creation_ts": repo.creation_ts, "custom_opts": {}, "dist": False, "end_event": None, "end_ts": None,
            "id": repo.id, "opts": {"src": False, "maven": False, "debuginfo": False, "separate_src": False},
            "state": repo.state, "state_time": time_text(repo.state_ts), "state_ts": repo.state_ts,
            "tag_id": repo.tag_id, "tag_name": hub.tags_by_id[repo.tag_id].name, "task_id": repo.task_id,
            "task_state": task and task.state}


def newest_repo(tag, state=READY, event=None, min_event=None):
    found = [r for r in hub.repos_by_tag.get(tag.id, ()) if r.state == state
             and (event is None or r.create_event <= event) and (min_event is None or r.create_event >= min_event)]
    return max(found, key=lambda r: r.create_event, default=None)


def oldest_usable_event(tag):
    """A repo may be as old as the tag's last change, or as the lag that the hub allows."""
    limit = bisect.bisect_left(hub.events, hub.now() - hub.options["repo_lag"])
    return min(last_change(tag), limit)


def usable_repo(tag, repo_id):
    """The repo that a build uses: the one it names, or the newest that is not too old; None if there is none."""
    if repo_id is None:
        return newest_repo(tag, min_event=oldest_usable_event(tag))
    repo = hub.repos.get(repo_id)
    if not repo:
        raise BuildError(f"No such repo: {repo_id}")
    if repo.tag_id != tag.id:
        raise BuildError(f"Repo/Target mismatch: {hub.tags_by_id[repo.tag_id].name}/{tag.name}")
    if repo.state not in (READY, 2):
        raise BuildError(f"Bad repo: {repo_id}")
    return repo


def getRepo(tag, state=None, event=None, dist=False, min_event=None):
    found = strict_tag_id(tag)
    repo = newest_repo(found, READY if state is None else state, event, min_event)
    return repo and repo_row(repo)


def repoInfo(repo_id, strict=False):
    repo = hub.repos.get(repo_id)
    if not repo and strict:
        raise GenericError("query returned no rows")
    return repo and repo_row(repo)


def repo_get(tag, min_event=None, at_event=None, opts=None):
    found = strict_tag_id(tag)
    repo = newest_repo(found, event=at_event, min_event=min_event)
    return repo and repo_row(repo)


def repo_query(clauses, fields=None, opts=None):
    wanted = ("create_event", "custom_opts", "dist", "id", "opts", "state", "tag_id", "task_id")
    rows = [repo_row(r) for r in hub.repos.values()]
    for name, *operator, value in clauses:
        rows = [row for row in rows if row[name] in (value if operator == ["IN"] else [value])]
    return [{name: row[name] for name in fields or wanted} for row in rows]


def request_row(request):
    """A request as callers see it: what came of its task is looked up."""
    task = hub.tasks.get(request["task"])
    begun = task if task and task.state else None
    repo = next((r for r in hub.repos_by_tag.get(request["tag_id"], ()) if task and r.task_id == task.id), None)
    done = bool(task and task.state in (2, 3, 5))
    updated = task.completion_ts if done else request["create_ts"]
    tag = hub.tags_by_id[request["tag_id"]]
    return {"active": not done, "at_event": None, "create_time": time_text(request["create_ts"]),
            "create_ts": request["create_ts"], "id": request["id"], "min_event": request["min_event"], "opts": {},
            "owner": request["owner"], "owner_name": user_name(request["owner"]), "priority": 20,
            "repo_id": repo.id if repo and done else None, "tag_id": tag.id, "tag_name": tag.name,
            "task_id": begun and begun.id, "task_state": begun and begun.state, "tries": 1 if begun else 0,
            "update_time": time_text(updated), "update_ts": updated}


def answer_of(request):
    row = request_row(request)
    repo = hub.repos.get(row["repo_id"])
    return {"repo": repo_row(repo) if repo and repo.state == READY else None, "request": row}


def check_request(req_id):
    request = hub.repo_requests.get(req_id)
    if not request:
        raise GenericError("No such request")
    return answer_of(request)


METHODS = {"getRepo": getRepo, "repoInfo": repoInfo}
NEW_METHODS = {"repo.get": repo_get, "repo.query": repo_query, "repo.checkRequest": check_request}
