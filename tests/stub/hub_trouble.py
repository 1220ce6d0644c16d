# SPDX-License-Identifier: MIT
"""Trouble on order, and the record of what was asked.

A trouble is {"what": kind, "method": regular expression (all if not given; a multiCall counts as
itself and as what is in it), "next": how many requests it hits (1; -1: all), or "probability" with "seed";
"skip": how many it lets pass first}. The kinds, for a request, and what else they take:

    status    an HTTP error with Apache's HTML: "status"; "executed": true after the call is done
    html      200 with a page of HTML; "executed"
    fault     "code", "text"; offline, lockout and database are three of them; "executed"
    expire    the session of the request has expired
    reset     the connection is reset; "executed"; with "at" after so many bytes of the answer
    truncate  the answer ends after "at" bytes (from the end if negative); with "fit": true its length says so
    lose      the call is done and the connection is closed without an answer
    garble    "at" is the byte that is changed, to "byte"
    type      "type" is the Content-Type
    gzip      the answer is compressed
    delay     "ms" more
    hold      the call waits until {"do": "release"} or for "ms", then it is done whether or not anybody still waits
              for its answer. "stage": running (the session has been checked; a logout of it waits) or
              queued (it has not)

and for a call, alone or in a multiCall:

    nil       "field" of its result, at any depth, is nil
    set       the same with "value"
    result    the result is "value"
    failure   the call faults with "code" and "text", before it has done anything
"""
import random
import re
import threading

from hub_state import context, hub
from hub_xmlrpc import Fault

FAULTS = {"offline": (1014, "planned outage"), "lockout": (1014, "Server disabled for maintenance"),
          "database": (1014, "database outage")}
CALL_KINDS = ("nil", "set", "result", "failure")
LOG_LENGTH = 200000


class Trouble:
    def __init__(self, what, method=".*", next=None, probability=None, seed=0, skip=0, **args):
        self.what, self.method, self.args = what, re.compile(method), args
        self.left = next if next is not None or probability is not None else 1
        self.probability, self.random, self.skip = probability, random.Random(seed), skip

    def hits(self, methods):
        """Whether this time it strikes; that uses it up."""
        if self.left == 0 or not any(self.method.fullmatch(m or "") for m in methods):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.probability is not None and self.random.random() >= self.probability:
            return False
        if self.left:
            self.left -= 1
        return True


class Book:
    """What was asked: counts by method, the requests one by one, the build tasks by their key."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.requests, self.methods, self.log, self.tasks, self.places = 0, {}, [], [], {}

    def line(self, method):
        return self.methods.setdefault(method, {"http": 0, "inside": 0, "faults": 0})


book = Book()
troubles = []
lock = threading.Lock()
held = {"event": threading.Event(), "waiting": 0}


def strike(methods, call_kinds=False):
    """The troubles that hit now."""
    if not troubles:
        return []
    with lock:
        return [t for t in troubles if (t.what in CALL_KINDS) == call_kinds and t.hits(methods)]


def note_request(method, inner, size):
    with lock:
        book.requests += 1
        book.line(method)["http"] += 1
        for name in inner:
            book.line(name)["inside"] += 1
        if len(book.log) < LOG_LENGTH:
            book.log.append([round(hub.now(), 3), method, len(inner), size])


def note_places(places):
    for place in places:
        book.places[place] = book.places.get(place, 0) + 1


def note_build(task):
    book.tasks.append(task.id)


def note_fault(method):
    with lock:
        book.line(method)["faults"] += 1


def ledger(option):
    """The build tasks by the option that holds their key, and how many are too many."""
    found = {}
    for task_id in book.tasks:
        opts = hub.tasks[task_id].request[2] or {}
        if opts.get(option):
            found.setdefault(opts[option], []).append(task_id)
    return {"keys": found, "tasks": len(book.tasks), "duplicates": sum(len(t) - 1 for t in found.values())}


# --- around one call

def before_call(name):
    for trouble in strike([name], True):
        if trouble.what == "failure":
            raise Fault(trouble.args.get("text", "failure on order"), trouble.args.get("code", 1000))
        context.pending = getattr(context, "pending", []) + [trouble]


def changed_field(value, field, new):
    if isinstance(value, dict):
        return {k: new if k == field else changed_field(v, field, new) for k, v in value.items()}
    if isinstance(value, list):
        return [changed_field(v, field, new) for v in value]
    return value


def after_call(name, result):
    pending = getattr(context, "pending", None)
    if not pending:
        return result
    mine = [t for t in pending if t.method.fullmatch(name)]
    context.pending = [t for t in pending if t not in mine]
    for trouble in mine:
        if trouble.what == "result":
            result = trouble.args.get("value")
        else:
            result = changed_field(result, trouble.args["field"], trouble.args.get("value"))
    return result


# --- holding

def wait_if_held(stage):
    """Waits, when a hold has hit the request that this thread serves."""
    hold = next((t for t in getattr(context, "troubles", ()) if t.what == "hold"), None)
    if not hold or hold.args.get("stage", "running") != stage:
        return
    event = held["event"]
    with lock:
        held["waiting"] += 1
    event.wait(hold.args["ms"] / 1000 if "ms" in hold.args else None)
    with lock:
        held["waiting"] -= 1


def release():
    event, held["event"] = held["event"], threading.Event()
    event.set()
