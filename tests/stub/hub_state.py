# SPDX-License-Identifier: MIT
"""What the hub knows, in memory: users, events, tags, packages, builds, tasks, repos, uploads.

One State, `hub`, serves the whole program, and `context` is the call that this thread is in. All of
hub is under hub.lock.
"""
import datetime
import itertools
import threading
import time

from hub_xmlrpc import ActionNotAllowed, GenericError, ParameterError

PERMISSIONS = (
    ("admin", "Full administrator access. Perform all actions."),
    ("appliance", "Create appliance builds - deprecated."),
    ("dist-repo", "Create a dist-repo."),
    ("host", "Add, remove, enable, disable hosts and channels."),
    ("image", "Start image tasks."),
    ("image-import", "Import image archives."),
    ("livecd", "Start livecd tasks."),
    ("maven-import", "Import maven archives."),
    ("repo", "Manage repos: newRepo, repoExpire, repoDelete, repoProblem."),
    ("sign", "Import RPM signatures and write signed RPMs."),
    ("tag", "Manage packages in tags: add, block, remove, and clone tags."),
    ("target", "Add, edit, and remove targets."),
    ("win-admin", "The default hub policy rule for \"vm\" requires this permission to trigger Windows builds."),
    ("win-import", "Import win archives."),
    ("draft-promoter", "The permission required in the default \"draft_promotion\" hub policy rule to promote "
     "draft build."),
)


class Record:
    """A row. Members that are not given are None."""
    __slots__ = ()

    def __init__(self, **members):
        for name in self.__slots__:
            setattr(self, name, members.pop(name, None))
        if members:
            raise TypeError(f"{type(self).__name__} has no {', '.join(members)}")


class User(Record):
    __slots__ = ("id", "name", "password", "status", "perms", "cgs")


class Tag(Record):
    __slots__ = ("id", "name", "arches", "perm_id", "locked", "extra", "create_event", "revoke_event", "links",
                 "packages", "groups", "external_repos", "listing", "active", "last_change")


class Target(Record):
    __slots__ = ("id", "name", "build_tag", "dest_tag")


class Build(Record):
    __slots__ = ("id", "pkg_id", "name", "version", "release", "epoch", "owner_id", "state", "task_id", "source",
                 "extra", "creation_event", "create_ts", "start_ts", "completion_ts", "cg_id", "types", "rpms",
                 "tags", "archives", "token")

    @property
    def nvr(self):
        return f"{self.name}-{self.version}-{self.release}"


class Task(Record):
    __slots__ = ("id", "method", "request", "owner", "parent", "label", "arch", "channel_id", "priority", "weight",
                 "state", "host_id", "create_ts", "start_ts", "completion_ts", "awaited", "waiting", "result",
                 "children", "job", "waits", "attempt", "polls", "hurry", "build_id", "gone")


class Repo(Record):
    __slots__ = ("id", "tag_id", "state", "create_event", "create_ts", "begin_event", "begin_ts", "creation_ts",
                 "state_ts", "task_id")


class State:
    def __init__(self):
        self.lock = threading.RLock()
        self.options = {"version": "1.35.3", "check_callnum": True, "url_sessions": True, "step_ms": 2.0,
                        "repo_lag": 3600.0, "session_seconds": 86400.0, "keepalive": 15.0,
                        "srpm_users": None}
        self.clear()

    def clear(self):
        """Forgets everything; ids begin again."""
        self.ids = {}
        self.manual_now = None # the time, when it stands still but for the control API
        self.moment = None     # the time of what is being done, when that was due before now
        self.events = [0.0]
        self.users, self.users_by_id = {}, {}
        self.sessions = {}
        self.tags, self.tags_by_id = {}, {}
        self.dead_tags = {}
        self.targets = {}
        self.packages, self.package_names = {}, {}
        self.groups = {}
        self.external_repos = {}
        self.builds, self.builds_by_nvr, self.builds_by_package = {}, {}, {}
        self.builds_by_task = {}
        self.rpms = {}
        self.tasks = {}
        self.queue, self.order = [], itertools.count()
        self.repos, self.repos_by_tag, self.repo_requests = {}, {}, {}
        self.uploads, self.upload_owners, self.upload_locks = {}, {}, set()
        self.btypes = {"rpm": 1, "maven": 2, "win": 3, "image": 4}
        self.cgs = {}
        self.archives = {}
        self.macros = {}
        self.rules, self.attempts = [], {}

    def next_id(self, table):
        self.ids[table] = self.ids.get(table, 0) + 1
        return self.ids[table]

    def now(self):
        if self.moment is not None:
            return self.moment
        return round(time.time(), 6) if self.manual_now is None else self.manual_now

    def is_before(self, version):
        """Whether this is a hub of before that version."""
        return [int(n) for n in self.options["version"].split(".")] < [int(n) for n in version.split(".")]

    def new_event(self):
        """Every write is an event; its id orders things."""
        self.events.append(self.now())
        return len(self.events) - 1

    @property
    def last_event(self):
        return len(self.events) - 1


hub = State()
context = threading.local()


def time_text(stamp):
    """A time as the hub writes it, or None."""
    if stamp is None:
        return None
    moment = datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc)
    return moment.isoformat(" ", "microseconds" if moment.microsecond else "seconds")


def stamp_of(value):
    """A time given as seconds or as text."""
    if isinstance(value, (int, float)):
        return float(value)
    moment = datetime.datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()


def wrote():
    """The call that is running has changed something: it commits."""
    context.committed = True


def user_name(user_id):
    return hub.users_by_id[user_id].name


def find_user(info, strict=False):
    found = hub.users_by_id.get(info) if isinstance(info, int) else hub.users.get(info)
    if found is None and strict:
        raise GenericError(f"No such user: {info!r}")
    return found


def add_user(name, password=None, perms=(), status=0, cgs=()):
    user = hub.users.get(name) or User(id=hub.next_id("user"), name=name)
    user.password, user.perms, user.status = password, sorted(perms), status
    hub.users[name] = hub.users_by_id[user.id] = user
    for cg in cgs:
        hub.cgs.setdefault(cg, {"id": len(hub.cgs) + 1, "users": set()})["users"].add(name)
    return user


def caller():
    """The user who is logged in, or None."""
    session = context.session
    return hub.users_by_id[session.user_id] if session else None


def assert_login():
    if not caller():
        raise ActionNotAllowed("you must be logged in for this operation")


def has_perm(*perms):
    user = caller()
    return bool(user) and any(p in user.perms for p in perms + ("admin",))


def assert_perm(perm, *others):
    if not has_perm(perm, *others):
        user = caller()
        who = f"logged in as {user.name}" if user else "user not logged in"
        raise ActionNotAllowed(f"{perm} permission required ({who})")


def query_options(rows, options, key=None):
    """The queryOpts that callers use: order, offset, limit, countOnly."""
    options = options or {}
    if options.get("order"):
        for part in reversed(options["order"].split(",")):
            rows = sorted(rows, key=lambda row, p=part: (key(row, p.lstrip("-")) is not None, key(row, p.lstrip("-"))),
                          reverse=part.startswith("-"))
    if options.get("countOnly"):
        return len(rows)
    first = options.get("offset") or 0
    limit = options.get("limit")
    return rows[first:] if limit is None else rows[first:first + limit]


def name_or_id(info):
    """Refuses what is neither a name nor an id."""
    if not isinstance(info, (int, str)):
        raise ParameterError(f"Invalid name or id value: {info}")
    return info


def package_id(name):
    """The id of a package, which is made if there is none."""
    if name not in hub.packages:
        hub.packages[name] = hub.next_id("package")
        hub.package_names[hub.packages[name]] = name
    return hub.packages[name]


def find_package(info):
    """A package's id by name or id, or None."""
    if isinstance(info, int):
        return info if info in hub.package_names else None
    return hub.packages.get(info)


def strict_package(info):
    found = find_package(name_or_id(info))
    if found is None:
        raise GenericError(f"No such entry in table package: {info}")
    return found
