# SPDX-License-Identifier: MIT
"""Sessions: login, call numbers, renewal, exclusive sessions, and who is who.

A call number is stored only when the call commits. A session runs one numbered call at a time, and
a logout of another session waits for the call that it is in.
"""
import random
import string
import threading
import urllib.parse

from hub_state import (PERMISSIONS, Record, add_user, assert_login, caller, context, find_user, has_perm, hub,
                       time_text, wrote)
from hub_xmlrpc import (ActionNotAllowed, AuthError, AuthExpired, AuthLockError, Fault, GenericError, RetryError,
                        SequenceError)

RETRY_ALLOWED = {"host.taskWait", "host.taskUnwait", "host.taskSetWait", "host.updateHost",
                 "host.setBuildRootState", "repoExpire", "repoDelete", "repoProblem"}
UNLOCKED = {"exclusiveSession", "sharedSession", "logout", "login", "sslLogin"}


class Session(Record):
    __slots__ = ("id", "key", "user_id", "authtype", "callnum", "expired", "closed", "exclusive", "master",
                 "start_ts", "update_ts", "busy")


def new_key(user_id):
    return f"{user_id}-" + "".join(random.choices(string.ascii_letters + string.digits, k=19))


def session_struct(session):
    struct = {"session-id": session.id, "session-key": session.key}
    if not hub.is_before("1.30"):
        struct["header-auth"] = True
    return struct


def create_session(user, authtype, master=None):
    now = hub.now()
    session = Session(id=hub.next_id("session"), key=new_key(user.id), user_id=user.id, authtype=authtype,
                      expired=False, closed=False, master=master, start_ts=now, update_ts=now, busy=threading.RLock())
    hub.sessions[session.id] = session
    wrote()
    return session


def numbered(headers):
    """The call number in the headers. Before 1.35 the hub looked for it under the wrong name."""
    if not hub.is_before("1.35") and "Koji-Session-Callnum" in headers:
        return headers["Koji-Session-Callnum"]
    return headers.get("Koji-Callnum")


def credentials(headers, query):
    """The id, key and call number that a request carries: (None, None, None) for an anonymous one."""
    if headers.get("Koji-Session-Id") is not None and not hub.is_before("1.30"):
        session_id = int(headers["Koji-Session-Id"])
        if headers.get("Koji-Session-Key") is None:
            raise KeyError("HTTP_KOJI_SESSION_KEY")
        return session_id, headers["Koji-Session-Key"], numbered(headers)
    if not query or not hub.options["url_sessions"]:
        return None, None, None
    args = urllib.parse.parse_qs(query, strict_parsing=True)
    for name in ("session-id", "session-key"):
        if name not in args:
            raise AuthError(f"'{name}' not specified in session args")
    return int(args["session-id"][0]), args["session-key"][0], args.get("callnum", [None])[0]


def find_session(headers, query):
    """The session of a request and its call number, before anything of it is checked but the key."""
    session_id, key, callnum = credentials(headers, query)
    if session_id is None:
        return None, None
    session = hub.sessions.get(session_id)
    if session is None or session.closed or session.key != key:
        raise AuthError("Invalid session or bad credentials")
    return session, None if callnum is None or not hub.options["check_callnum"] else int(callnum)


def check_callnum(session, callnum, method):
    if session.callnum is not None:
        if session.callnum > callnum:
            raise SequenceError(f"{session.callnum} > {callnum} (session {session.id})")
        if session.callnum == callnum and method not in RETRY_ALLOWED:
            raise RetryError(f"unable to retry call {callnum} (method {method}) for session {session.id}")
    if callnum >= 2**31:
        raise Fault("<class 'psycopg2.errors.NumericValueOutOfRange'>: integer out of range\n", 1)


def check_session(session, callnum, method, renew):
    """What the hub checks before each call. A renewal may use a session that has expired."""
    if session is None:
        return
    if session.closed:
        raise AuthError("Invalid session or bad credentials")
    if renew:
        return
    if session.expired or hub.now() - session.start_ts > hub.options["session_seconds"]:
        raise AuthExpired(f'session "{session.id}" has expired')
    if callnum is not None:
        check_callnum(session, callnum, method)
    user = hub.users_by_id[session.user_id]
    if user.status:
        raise AuthError(f"logins by {user.name} are not allowed")
    holder = next((s.id for s in hub.sessions.values()
                   if s.user_id == session.user_id and s.exclusive and not s.closed), None)
    if holder not in (None, session.id, session.master) and method not in UNLOCKED:
        raise AuthLockError("User locked by another session")
    session.update_ts = hub.now()


def renewed(session):
    session.key, session.expired, session.start_ts = new_key(session.user_id), False, hub.now()
    wrote()
    return session_struct(session)


def open_session(user, authtype, renew, exclusive):
    """The end of each kind of login. A renewal keeps the id and the call number and changes the key."""
    if context.session:
        if not renew:
            raise AuthError("Already logged in")
        return renewed(context.session)
    if user.status:
        raise AuthError(f"logins by {user.name} are not allowed")
    session = create_session(user, authtype)
    session.exclusive = exclusive or None
    return session_struct(session)


def login(user, password, opts=None, renew=False, exclusive=False):
    found = hub.users.get(user)
    if context.session and not renew:
        raise AuthError("Already logged in")
    if not found or not password or found.password != password:
        raise AuthError("invalid username or password")
    return open_session(found, 0, renew, exclusive)


def sslLogin(proxyuser=None, proxyauthtype=None, renew=False, exclusive=False):
    subject = context.certificate
    if not subject:
        raise AuthError("could not verify client: None")
    if proxyuser:
        raise AuthError(f"{subject} is not authorized to login other users")
    name = next((part[3:] for part in subject.split(",") if part.startswith("CN=")), subject)
    return open_session(hub.users.get(name) or add_user(name), 2, renew, exclusive)


def close_session(session):
    """Closes a session and those that hang on it."""
    for other in hub.sessions.values():
        if session.id in (other.id, other.master):
            other.closed, other.exclusive = True, None
    wrote()


def logout_self():
    if not context.session:
        raise AuthError("Not logged in")
    close_session(context.session)


def logout(session_id=None):
    if not session_id or not context.session:
        logout_self()
        return
    session = hub.sessions.get(session_id)
    if not has_perm("admin") and (not session or session.user_id != context.session.user_id):
        raise ActionNotAllowed("only admins or owner may logout other session")
    if session:
        wait_for_call(session)
        close_session(session)


def wait_for_call(session):
    """Until the call that a session is in has ended. The hub goes on meanwhile."""
    if session is context.session:
        return
    hub.lock.release()
    try:
        session.busy.acquire()
    finally:
        hub.lock.acquire()
    session.busy.release()


def logoutChild(session_id):
    child = hub.sessions.get(session_id)
    if not child or child.master != context.session.id:
        raise AuthError("Child session not found")
    close_session(child)


def subsession():
    assert_login()
    return session_struct(create_session(caller(), context.session.authtype, context.session.id))


def exclusiveSession(force=False):
    assert_login()
    others = [s for s in hub.sessions.values() if s.exclusive and not s.closed and s is not context.session
              and s.user_id == context.session.user_id]
    if others and not force:
        raise AuthLockError("Cannot get exclusive session")
    for other in others:
        other.expired, other.exclusive = True, None
    context.session.exclusive = True
    wrote()


def sharedSession():
    context.session.exclusive = None
    wrote()


def user_struct(user):
    return {"id": user.id, "name": user.name, "status": user.status, "usertype": 0, "krb_principals": []}


def getUser(userInfo=None, strict=False, krb_princs=True, groups=False):
    user = caller() if userInfo is None else find_user(userInfo, strict)
    return user and user_struct(user)


def getLoggedInUser():
    user = caller()
    return user and dict(user_struct(user), authtype=context.session.authtype, krb_principal=None)


def getSessionInfo(details=False, user_id=None):
    session = context.session
    if not session:
        return None
    return {"authtype": session.authtype, "callnum": session.callnum, "exclusive": session.exclusive,
            "expired": session.expired, "master": session.master, "renew_time": None, "renew_ts": None,
            "start_time": time_text(session.start_ts), "start_ts": session.start_ts,
            "update_time": time_text(session.update_ts), "update_ts": session.update_ts,
            "user_id": session.user_id}


def getPerms():
    assert_login()
    return list(caller().perms)


def hasPerm(perm, strict=False):
    user = caller()
    return bool(user) and perm in user.perms


def getAllPerms():
    return [{"description": text, "id": i, "name": name} for i, (name, text) in enumerate(PERMISSIONS, 1)]


def showSession():
    return str(context.session and context.session.id)


def grantPermission(userinfo, permission, create=False, description=None):
    if not has_perm("admin"):
        raise ActionNotAllowed("admin permission required")
    user = find_user(userinfo, strict=True)
    if permission in user.perms:
        raise GenericError(f"user {user.name} already has permission: {permission}")
    user.perms = sorted(user.perms + [permission])
    wrote()


METHODS = {f.__name__: f for f in (
    login, sslLogin, logout, logoutChild, subsession, exclusiveSession, sharedSession, getUser, getLoggedInUser,
    getSessionInfo, getPerms, hasPerm, getAllPerms, showSession, grantPermission)}
