# SPDX-License-Identifier: MIT
"""Which method is which function, and how a call and a multiCall are made."""
import inspect
import sys
import traceback

import hub_audit
import hub_builds
import hub_cg
import hub_orders
import hub_repos
import hub_sessions
import hub_tags
import hub_tasks
import hub_trouble
import hub_uploads
from hub_state import context, hub, wrote
from hub_work import run_due
from hub_xmlrpc import Fault, GenericError, ParameterError, split_named

SINCE = {"getKojiVersion": "1.23", **dict.fromkeys([*hub_repos.NEW_METHODS, *hub_orders.NEW_METHODS], "1.35")}


def getAPIVersion():
    return 1


def getKojiVersion():
    return hub.options["version"]


def echo(*args):
    return list(args)


def getLastEvent(before=None):
    event = hub.last_event
    while before is not None and event > 0 and hub.events[event] >= before:
        event -= 1
    return {"id": event, "ts": hub.events[event]}


def getEvent(id):
    if not 0 < id <= hub.last_event:
        raise GenericError(f"No such event: {id}")
    return {"id": id, "ts": hub.events[id]}


def list_methods():
    return sorted(n for n in METHODS if find_method(n))


def method_help(method):
    function = find_method(method)
    return f"{function.__name__}{inspect.signature(function)}\ndescription: {function.__doc__ or ''}"


def method_signature(method):
    return "signatures not supported"


def find_method(name):
    """The function of a method's name, or None. An old hub lacks some."""
    if name == "logout" and hub.is_before("1.31"):
        return hub_sessions.logout_self
    return None if name in SINCE and hub.is_before(SINCE[name]) else METHODS.get(name)


def call_checked(function, params, named):
    """Calls it; arguments that do not fit its signature are the caller's mistake."""
    try:
        return function(*params, **named)
    except TypeError as error:
        if error.__traceback__.tb_next is None:
            raise ParameterError(str(error)) from error
        raise


def call(name, params):
    """One call, alone or in a multiCall."""
    function = find_method(name)
    if not function:
        raise GenericError(f"Invalid method: {name}")
    hub_trouble.note_places(hub_audit.places(name, function, params))
    hub_trouble.before_call(name)
    return hub_trouble.after_call(name, call_checked(function, *split_named(params)))


def one_of_many(item):
    """A call of a multiCall: its result in a list, or its fault as a struct."""
    try:
        return [call(item["methodName"], item["params"])]
    except Fault as fault:
        hub_trouble.note_fault(str(item.get("methodName")))
        return {"faultCode": fault.code, "faultString": fault.text, "traceback": trace()}
    except Exception as error:  # pylint: disable=broad-except
        hub_trouble.note_fault(str(item.get("methodName")))
        return {"faultCode": 1, "faultString": ", ".join(str(a) for a in error.args), "traceback": trace()}


def trace():
    return traceback.format_exception(*sys.exc_info(), limit=3)


def multiCall(calls):
    """Each call by itself: those that work are kept. The savepoints alone make the whole commit."""
    results = [one_of_many(item) for item in calls]
    if results:
        wrote()
    return results


METHODS = {"getAPIVersion": getAPIVersion, "getKojiVersion": getKojiVersion, "echo": echo,
           "getLastEvent": getLastEvent, "getEvent": getEvent, "multiCall": multiCall, "system.multicall": multiCall,
           "system.listMethods": list_methods, "system.methodHelp": method_help,
           "system.methodSignature": method_signature, **hub_repos.NEW_METHODS, **hub_orders.NEW_METHODS}
for module in (hub_sessions, hub_tags, hub_builds, hub_tasks, hub_orders, hub_repos, hub_uploads, hub_cg):
    METHODS.update(module.METHODS)


class Request:
    """What a call needs to know of the HTTP request that carries it."""

    def __init__(self, headers, query, certificate=None):
        self.headers, self.query, self.certificate = headers, query, certificate


def is_renewal(method, params):
    return method in ("login", "sslLogin") and bool(split_named(params)[1].get("renew"))


def perform(request, method, params, work):
    """Runs work() in the session of the request, as the hub does: numbered calls of a session one by one,
    the number kept when the call commits."""
    hub_trouble.wait_if_held("queued")
    with hub.lock:
        session, callnum = hub_sessions.find_session(request.headers, request.query)
    busy = session.busy if session and callnum is not None else None
    if busy:
        busy.acquire()
    try:
        with hub.lock:
            hub_sessions.check_session(session, callnum, method, is_renewal(method, params))
        hub_trouble.wait_if_held("running")
        with hub.lock:
            run_due()
            context.session, context.certificate, context.committed = session, request.certificate, False
            result = work()
            if context.committed and callnum is not None and method not in ("login", "sslLogin"):
                session.callnum = callnum
            return result
    finally:
        if busy:
            busy.release()


def handle_call(request, method, params):
    if not find_method(method):
        raise GenericError(f"Invalid method: {method}")
    return perform(request, method, params, lambda: call(method, params))


def handle_upload(request, body):
    return perform(request, "upload", [], lambda: hub_uploads.raw_upload(request.query, body))
