#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the stand-in hub does beyond single exchanges: waits, trouble on order, builders, old hubs.

    hub_checks.py HUB CHECK...     each CHECK is the name of a function here
"""
import base64
import gzip
import http.client
import json
import sys
import threading
import time
import urllib.parse
import xmlrpc.client

ADDRESS = urllib.parse.urlsplit(sys.argv[1]).netloc


def control(do, **args):
    connection = http.client.HTTPConnection(ADDRESS)
    connection.request("POST", "/control", json.dumps(dict(args, do=do)))
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return json.loads(body)


def trouble(what, **args):
    control("trouble", troubles=[dict(args, what=what)])


class Client:
    """A session that numbers its calls."""

    def __init__(self, user="rida", password="ridapw", url=False):
        self.head, self.query, self.number, self.connection = {}, "", 0, http.client.HTTPConnection(ADDRESS)
        answer = self.call("login", user, password) if user else {}
        self.id = answer.get("session-id")
        if url:
            self.query = "session-id={session-id}&session-key={session-key}".format_map(answer)
        elif user:
            self.head = {"Koji-Session-Id": str(self.id), "Koji-Session-Key": answer["session-key"]}

    def send(self, method, *params, number=None):
        """The request alone."""
        head, query = dict(self.head), self.query
        if head or query:
            number = self.number if number is None else number
            self.number = number + 1
            head["Koji-Session-Callnum"] = str(number)
            query = query and f"?{query}&callnum={number}"
        body = xmlrpc.client.dumps(params, method, allow_none=True).encode()
        self.connection.request("POST", "/kojihub" + query, body, dict(head, **{"Content-Type": "text/xml"}))

    def raw(self, method, *params, **options):
        """Status, headers and body of the answer."""
        self.send(method, *params, **options)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def call(self, method, *params, **options):
        return xmlrpc.client.loads(self.raw(method, *params, **options)[2])[0][0]

    def fault(self, method, *params, **options):
        try:
            result = self.call(method, *params, **options)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode
        raise AssertionError(f"{method} answered {result}")

    def hang_up(self):
        self.connection.close()


def fails_to_answer(client, method, *params):
    try:
        client.raw(method, *params)
    except (http.client.HTTPException, OSError):
        client.hang_up()
        return True
    return False


def until(condition):
    limit = time.time() + 10
    while not condition():
        assert time.time() < limit, "it takes too long"
        time.sleep(0.01)


def module(name, arches="x86_64", packages=("foo",)):
    """A module's tags and target."""
    control("load", tags=[{"name": tag, "arches": arches, "packages": {p: "rida" for p in packages}}
                          for tag in (name, name + "-build")],
            targets=[{"name": name, "build_tag": name + "-build", "dest_tag": name}])


def submit(client, name, target, key=None, ref="abc"):
    return client.call("build", f"git://127.0.0.1/rpms/{name}?#{ref}", target, {"skip_tag": True, "rida_key": key})


def state(client, task):
    info = client.call("getTaskInfo", task)
    return info and info["state"]


def ended(client, task):
    until(lambda: state(client, task) in (2, 3, 5))
    return state(client, task)


# --- sessions

def a_logout_waits_for_the_call_of_that_session():
    module("fence")
    trouble("hold", method="build")
    first, second = Client(), Client()
    first.send("build", "git://127.0.0.1/rpms/foo?#a", "fence", {"rida_key": "fence"})
    until(lambda: control("held") == 1)
    first.hang_up()
    done = []
    thread = threading.Thread(target=lambda: done.append(second.call("logout", first.id)))
    thread.start()
    thread.join(0.2)
    assert not done, "the logout did not wait"
    control("release")
    thread.join(10)
    assert done == [None]
    assert len(control("ledger")["keys"]["fence"]) == 1, "the call was not done"


def a_call_that_comes_after_the_logout_is_refused():
    module("queued")
    trouble("hold", method="build", stage="queued")
    first, second = Client(), Client()
    first.send("build", "git://127.0.0.1/rpms/foo?#a", "queued", {"rida_key": "queued"})
    until(lambda: control("held") == 1)
    second.call("logout", first.id)
    control("release")
    try:
        first.connection.getresponse().read()
    finally:
        first.hang_up()
    assert "queued" not in control("ledger")["keys"]


def an_answer_that_is_lost_is_told_by_its_number():
    client = Client()
    trouble("lose", method="createTag")
    assert fails_to_answer(client, "createTag", "lost")
    assert client.fault("createTag", "lost", number=0) == 1009
    assert client.call("getTag", "lost")["name"] == "lost"


def a_multicall_moves_the_number_and_a_read_does_not():
    client = Client()
    client.call("getAPIVersion", number=5)
    client.call("multiCall", [{"methodName": "getAPIVersion", "params": []}], number=4)
    assert client.fault("getAPIVersion", number=4) == 1009
    assert client.fault("getAPIVersion", number=3) == 1008


def a_hub_of_before_knows_no_headers():
    client = Client(url=True)
    status, headers, _ = client.raw("getLoggedInUser")
    assert status == 200 and "Koji-Version" not in headers
    assert client.call("getLoggedInUser")["name"] == "rida"
    trouble("expire")
    assert client.fault("getLoggedInUser") == 1007
    client = Client(url=True)
    assert client.fault("repo.request", "f30") == 1000
    assert client.call("createTag", "twice", number=7)
    assert client.fault("createTag", "twice", number=7) == 1000, "the number was looked at"
    assert Client(url=True).fault("logout", client.id) == 1019, "another's session was ended"
    assert client.call("getLoggedInUser")["name"] == "rida"


def a_hub_in_between_has_the_number_elsewhere():
    client = Client()
    assert client.fault("repo.request", "f30") == 1000
    assert client.call("createTag", "between", number=7)
    assert client.fault("createTag", "between", number=7) == 1000, "Koji-Session-Callnum was looked at"
    client.head["Koji-Callnum"] = "8"
    assert client.call("createTag", "between-8")
    assert client.fault("createTag", "between-8") == 1009


# --- trouble

def it_is_noted_who_was_to_change_what():
    client = Client()
    tag = client.call("createTag", "noted")
    client.call("multiCall", [{"methodName": "packageListAdd", "params": [tag, "foo", "rida"]},
                              {"methodName": "listTagged", "params": ["noted"]}])
    assert client.fault("untagBuild", "absent", "foo-1-1") == 1000
    assert sorted(control("places")) == [["createTag", "noted", "rida", 1], ["listTagged", "noted", "rida", 1],
                                         ["packageListAdd", "noted", "rida", 1], ["untagBuild", "absent", "rida", 1]]


def trouble_is_as_ordered():
    client = Client(user=None)
    whole = client.raw("getAPIVersion")[2]
    trouble("status", status=503, next=2, method="getAPIVersion")
    assert client.call("getKojiVersion") == "1.35.3"
    assert [client.raw("getAPIVersion")[0] for _ in range(3)] == [503, 503, 200]
    trouble("html")
    status, headers, body = client.raw("getAPIVersion")
    assert (status, headers["Content-Type"][:9], body[:2]) == (200, "text/html", b"<!")
    trouble("truncate", at=10, fit=True)
    assert client.raw("getAPIVersion")[2] == whole[:10]
    for what in ({"what": "truncate", "at": 10}, {"what": "reset"}, {"what": "reset", "at": 30}, {"what": "lose"}):
        trouble(**what)
        assert fails_to_answer(client, "getAPIVersion"), what
    trouble("gzip")
    assert gzip.decompress(client.raw("getAPIVersion")[2]) == whole
    trouble("type", type="text/html")
    assert client.raw("getAPIVersion")[1]["Content-Type"] == "text/html"
    trouble("offline")
    assert client.fault("getAPIVersion") == 1014
    trouble("nil", field="a")
    assert client.call("echo", {"b": [{"a": 1}]}) == [{"b": [{"a": None}]}]
    trouble("set", field="state", value=0, method="echo")
    assert client.call("multiCall", [{"methodName": "echo", "params": [{"state": 2}]}]) == [[[{"state": 0}]]]
    trouble("status", status=502, probability=0.5, seed=3)
    hits = sum(client.raw("getAPIVersion")[0] == 502 for _ in range(100))
    assert 30 < hits < 70, hits
    control("trouble", clear=True)


def a_session_expires_in_the_middle():
    client = Client()
    trouble("expire", method="getTag")
    assert client.call("getAPIVersion") == 1
    assert client.fault("getTag", "f30") == 1007
    assert client.fault("getAPIVersion") == 1007


def a_session_of_yesterday_is_renewed():
    control("clock", manual=True)
    client = Client()
    client.call("createTag", "yesterday")
    control("advance", ms=86401000)
    assert client.fault("getTag", "yesterday") == 1007
    renewal = {"renew": True, "exclusive": False, "__starstar": True}
    client.head["Koji-Session-Key"] = client.call("login", "rida", "ridapw", renewal)["session-key"]
    assert client.call("getTag", "yesterday")["name"] == "yesterday"
    assert client.fault("getTag", "yesterday", number=0) == 1009, "the renewal began to count anew"


# --- builders

def builds_go_as_their_words_say():
    module("words", packages=("fail", "foo"))
    client = Client()
    assert ended(client, submit(client, "foo", "words")) == 2
    assert ended(client, submit(client, "foo", "words")) == 5, "the NVR is there already"
    assert ended(client, submit(client, "fail-first", "words")) == 5
    again = submit(client, "fail-first", "words")
    assert ended(client, again) == 2
    build = client.call("listBuilds", {"taskID": again, "__starstar": True})[0]
    assert build["state"] == 1 and build["nvr"] == "fail-first-1.0-1.words_words"
    module("bare", arches="")
    assert ended(client, submit(client, "foo", "bare")) == 5, "there are no arches"
    gone = submit(client, "bar", "words", ref="vanish")
    until(lambda: state(client, gone) is None)
    looked = submit(client, "baz", "words", ref="polls-3")
    seen = [state(client, looked) for _ in range(3)]
    assert seen[2] == 2 and not {2, 3, 5} & set(seen[:2]), seen
    hangs = submit(client, "qux", "words", ref="hang")
    until(lambda: client.call("listBuilds", {"taskID": hangs, "__starstar": True}))
    client.call("cancelTask", hangs)
    assert client.call("listBuilds", {"taskID": hangs, "__starstar": True})[0]["state"] == 4


def a_build_waits_for_a_repository_and_sees_what_is_in_it():
    module("repos", packages=("foo", "bar", "module-build-macros"))
    client = Client()
    control("rules", rules=[{"package": "bar", "needs": ["foo"]}])
    foo = submit(client, "foo", "repos")
    assert ended(client, foo) == 2
    children = client.call("getTaskChildren", foo)
    assert sorted(c["method"] for c in children) == ["buildArch", "buildSRPMFromSCM", "waitrepo"], children
    assert ended(client, submit(client, "bar", "repos")) == 5, "foo is not in the repository"
    nvr = client.call("listBuilds", {"taskID": foo, "__starstar": True})[0]["nvr"]
    tagging = client.call("tagBuild", "repos-build", nvr)
    assert ended(client, tagging) == 2
    assert ended(client, submit(client, "bar", "repos")) == 5, "the repository is older"
    assert ended(client, client.call("newRepo", "repos-build")) == 2
    assert ended(client, submit(client, "bar", "repos")) == 2
    repo = client.call("getRepo", "repos-build")
    at_that_time = {"event": repo["create_event"], "package": "foo", "__starstar": True}
    assert client.call("getLatestBuilds", "repos-build", at_that_time)[0]["nvr"] == nvr
    assert client.call("getLatestBuilds", "repos-build", dict(at_that_time, event=repo["create_event"] - 2)) == []


def the_macros_give_the_release():
    module("macros", packages=("foo", "module-build-macros"))
    client = Client()
    data = base64.b64encode(b"source").decode()
    name = "module-build-macros-0.1-1.module_el9+7+abcd.src.rpm"
    assert client.call("uploadFile", "cli-build/m", name, 6, ["sha256", None], 0, data)
    task = client.call("build", "cli-build/m/" + name, "macros", {"skip_tag": True})
    assert ended(client, task) == 2
    foo = submit(client, "foo", "macros")
    assert ended(client, foo) == 2
    assert client.call("listBuilds", {"taskID": foo, "__starstar": True})[0]["release"] == "1.module_el9+7+abcd"


def ten_thousand_running_tasks_are_read_fast():
    made = control("seed", modules=100, components=110, running=100)
    tasks = [t for m in made for t in range(m["tasks"][0] + 10, m["tasks"][1] + 1)]
    assert len(tasks) == 10000
    client, ask = Client(user=None), [{"methodName": "getTaskInfo", "params": [t]} for t in tasks[:1000]]
    cpu = [control("counts")["cpu"]]
    for method, argument in (("getTaskInfo", tasks[:1000]), ("multiCall", ask)):
        for _ in range(5):
            assert client.raw(method, argument)[2].count(b"<name>state</name>") == 1000
        cpu.append(control("counts")["cpu"])
    taken = [round((after - before) * 200) for before, after in zip(cpu, cpu[1:])]
    print(f"1,000 tasks: {taken[0]} ms by a list, {taken[1]} ms by a multiCall")
    assert taken[0] < 50 and taken[1] < 150


for check in sys.argv[2:]:
    control("reset")
    control("trouble", clear=True)
    control("forget")
    globals()[check]()
    print("ok", check)
