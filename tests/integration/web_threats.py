# SPDX-License-Identifier: MIT
"""Threats to the web side, put to the pools themselves: web_threats.py READ-SOCKET SUBMIT-SOCKET NAME ARGUMENT...
calls the function of that name. What must hold is asserted; figures are printed."""
import itertools
import json
import os
import re
import subprocess
import sys
from urllib.parse import quote

import fastcgi

LIST = "/rida/module-builds/"
LEAKS = re.compile(
    r"/tmp/|/run/|/usr/|/var/|/etc/|/home/|/proc/|rida-test|rida_web|\.[ch]:\d|"
    r"\b(SELECT|INSERT|UPDATE|DELETE)\b.*\b(FROM|INTO|SET)\b|SQL|MariaDB|mysql|InnoDB|errno|\(\d{4}\)|"
    r"assert|0x[0-9a-f]{6}|libfcgi|json-c|git version|nginx/|Apache/|rida[ /-]\d|fatal:|error:", re.I)


def sql(statement):
    return subprocess.run(
        ["mariadb", "--no-defaults", "--socket=" + os.environ["RIDA_TEST_SOCKET"], "-uroot", "--batch",
         "--skip-column-names", "rida", "-e", statement], check=True, capture_output=True, text=True).stdout


def checksums():
    tables = sql("SHOW TABLES").split()
    return sql("CHECKSUM TABLE " + ", ".join(f"`{table}`" for table in tables))


def check_error(answer, what):
    """An error as the API promises it, which tells nothing of the inside."""
    assert answer.status >= 400, (what, answer.status)
    message = json.loads(answer.body)["message"] if answer.body.startswith(b"{") else answer.text
    assert not LEAKS.search(message), (what, message)


# ---- A10 ------------------------------------------------------------------------------------------

WAIT = 30  # seconds that an injected statement would sleep; an answer takes milliseconds
TEXTS = ("name", "owner", "stream")
READ = ("state", "submitted_before", "submitted_after", "modified_before", "modified_after",
        "completed_before", "completed_after", "page", "per_page", "verbose")
IGNORED = ("order_by", "sort", "format", "id", "limit")
PATHS = (LIST + "{}", LIST + "{}/modulemd", LIST + "{}/logs/foo/1/build.log", LIST + "1/logs/{}/1/build.log",
         LIST + "1/logs/foo/{}/build.log", LIST + "1/logs/foo/1/{}", "/rida/static/{}", "/rida/{}")
HEADERS = ("HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_ACCEPT", "HTTP_COOKIE", "REMOTE_USER")
BODIES = ("scmurl", "state", "HTTP_IDEMPOTENCY_KEY")


def put(place, text):
    """A question with the text in one place of a request."""
    kind, name = place
    encoded = quote(text, safe="")
    if kind == "query":
        return READ_POOL.ask("GET", f"{LIST}?{name}={encoded}")
    if kind == "parameter":
        return READ_POOL.ask("GET", f"{LIST}?{encoded}=1")
    if kind == "path":
        return READ_POOL.ask("GET", name.format(encoded))
    if kind == "header":
        return READ_POOL.ask("GET", LIST + "1", **{name: text})
    if name == "state":
        return READ_POOL.ask("PATCH", LIST + "1", json.dumps({"state": text}), CONTENT_TYPE="application/json")
    body = json.dumps({"scmurl": text if name == "scmurl" else "not a url"})
    headers = {name: text} if name != "scmurl" else {}
    return SUBMIT_POOL.ask("POST", LIST, body, CONTENT_TYPE="application/json", **headers)


def injections():
    """The classic ones, and a thousand joined of parts."""
    with open(os.environ["top_srcdir"] + "/tests/fixtures/sql-injections.txt", encoding="utf-8") as file:
        classic = [line.rstrip("\n") for line in file if not line.startswith("# Texts")]
    ends = ("'", '"', "`", "')", '")', "'))", "\\'", "%27", "1", "1)", "foo'", "zzz%' ")
    cores = ("OR 1=1", "AND SLEEP(SECONDS)", "UNION SELECT 1,2,3", "; DROP TABLE builds", "OR 'a' LIKE 'a",
             "|| (SELECT SLEEP(SECONDS))", "&& 1=1", "RLIKE '.*'", "IN (SELECT id FROM builds)",
             "; DELETE FROM counters", "HAVING 1=1", "ORDER BY 1", "INTO OUTFILE '/tmp/rida-injected'")
    comments = ("", "-- ", "#", "/*", ";", "--+", ";%00")
    made = [f"{end}{gap}{core}{gap}{comment}" for (end, core, comment), gap in
            zip(itertools.product(ends, cores, comments), itertools.cycle((" ", "/**/", "\t", "%0a", "+")))]
    return [text.replace("SECONDS", str(WAIT)) for text in classic], [
        text.replace("SECONDS", str(WAIT)) for text in made]


def a10_no_parameter_is_sql():
    places = ([("query", name) for name in TEXTS + READ + IGNORED] + [("parameter", "")]
              + [("path", path) for path in PATHS] + [("header", name) for name in HEADERS]
              + [("body", name) for name in BODIES])
    wanted = {place: put(place, "nonsense") for place in places}
    before = checksums()
    classic, made = injections()
    questions = [(place, text) for text in classic for place in places]
    for i, text in enumerate(made):
        questions += [(places[(3 * i + k * 11) % len(places)], text) for k in range(2)]
        questions.append((("query", TEXTS[i % 3]), text))
    for place, text in questions:
        check_injection(place, text, put(place, text), wanted[place])
    assert checksums() == before, "an injected text changed a table"
    assert not os.path.exists("/tmp/rida-injected")
    print(f"{len(classic) + len(made)} injections in {len(places)} places, {len(questions)} requests")
    assert len(made) + len(classic) >= 1000


def check_injection(place, text, answer, wanted):
    assert answer.seconds < WAIT / 2, (place, text, answer.seconds)
    # Some of the texts are numbers, words or types that mean something in their place.
    means = {"state": ("0",), "page": ("1",), "per_page": ("1",), "verbose": ("true", "0"), "format": ()}
    if text in means.get(place[1], ()):
        return
    assert answer.status == wanted.status or answer.status in (400, 404), (place, text, answer.status)
    assert answer.status < 500, (place, text, answer.text)
    if answer.status >= 400:
        check_error(answer, (place, text))
    elif place[0] != "header":
        assert answer.body == wanted.body, (place, text, answer.text)


# ---- A16, A20 -------------------------------------------------------------------------------------

SENT = {"Status", "Content-Type", "Content-Length", "Content-Security-Policy", "Cache-Control", "Vary", "Allow",
        "X-Content-Type-Options", "Referrer-Policy", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate",
        "Accept-Ranges", "Content-Range", "Content-Disposition"}


def check_head(answer, what):
    """Each line of the head is a header that we send, once, without a control byte."""
    names = []
    for line in answer.lines:
        fits = re.fullmatch(rb"([A-Za-z-]+): ([^\x00-\x1f\x7f]*)", line)
        assert fits and fits.group(1).decode() in SENT, (what, line)
        names.append(fits.group(1))
    assert len(names) == len(set(names)), (what, answer.lines)
    assert answer.status < 500 or answer.status == 501, (what, answer.text)
    length = answer.header("content-length")
    assert not length or int(length) == len(answer.body) or answer.status == 304, (what, answer.lines)
    if answer.status >= 400:
        check_error(answer, what)


def hostile_parts():
    """Whatever could end a line, and a header after it."""
    for byte in [*range(1, 33), 127, 128, 133, 255]:
        yield bytes([byte])
    yield from (b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\n ", "\u2028".encode(), "\u560a".encode(), "\u010a".encode(), b"\xe5\x98\x8a")


def a16_no_byte_of_a_request_ends_a_header():
    count = 0
    for part in hostile_parts():
        evil = b"x" + part + b"X-Injected: yes" + part + b"Set-Cookie: a=b"
        encoded = quote(evil, safe="").encode()
        for uri in (b"/rida/module-builds", b"/rida/module-builds/", b"/rida/module-builds/1", b"/rida/"):
            for end in (evil, encoded, b"?page=1&name=" + evil, b"?page=1&name=" + encoded, b"?" + encoded + b"=1&page=1",
                        b"//" + encoded, b"?#" + evil):
                for page in ("text/html", "*/*"):
                    check_head(READ_POOL.ask("GET", uri + end, HTTP_ACCEPT=page), (uri, end))
                    count += 1
        for name in ("HTTP_HOST", "HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_ACCEPT", "HTTP_ORIGIN", "SERVER_NAME",
                     "HTTP_X_FORWARDED_HOST", "HTTP_X_SCRIPT_NAME", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING",
                     "REMOTE_USER", "SERVER_PROTOCOL", "HTTP_IDEMPOTENCY_KEY", "CONTENT_TYPE", "REQUEST_METHOD"):
            for method, uri in (("GET", "/rida/module-builds?page=1"), ("GET", LIST + "1"), ("OPTIONS", LIST), ("PATCH", LIST)):
                wanted = {"REQUEST_METHOD": method, name: evil}
                check_head(READ_POOL.ask(wanted.pop("REQUEST_METHOD"), uri, **wanted), (name, evil))
                count += 1
        check_head(READ_POOL.ask("GET", "", SCRIPT_NAME=evil, PATH_INFO=b"/rida/module-builds"), evil)
        check_head(READ_POOL.ask("GET", "/a" + "/rida/module-builds?x", SCRIPT_NAME="/a"), evil)
    print(f"{count} requests with control bytes")


def a20_no_error_tells_of_the_inside():
    """Every error that a stranger can provoke by what he asks."""
    asked = [("GET", path) for path in (
        "/", "/rida/nothing", LIST + "0", LIST + "x", LIST + "99999999", LIST + "1/logs/x/1/y", LIST + "1/logs/../1/y",
        LIST + "1/logs/foo/1/..%2f..%2f..%2fetc%2fpasswd", LIST + "99/modulemd", "/rida/static/../../etc/passwd",
        "/rida/static/none.css", LIST + "?page=0", LIST + "?state=x", LIST + "?name=%ff", LIST + "?%zz",
        LIST + "?submitted_before=x", LIST + "?" + "a=1&" * 200, LIST + "?" + "x" * 9000, "/rida/%2e%2e/%00", "/rida/" + "a/" * 400)]
    asked += [(method, LIST + "1") for method in ("PUT", "DELETE", "TRACE", "CONNECT", "PROPFIND", "", "GET\r\n")]
    for method, path in asked:
        check_error(READ_POOL.ask(method, path), (method, path))
    bodies = ["", "{", "[]", "null", '{"scmurl": 1}', '{"scmurl": ""}', '{"scmurl": "' + "[" * 5000 + '"}', "[" * 20000,
              '{"scmurl": "file:///etc/passwd"}', '{"scmurl": "https://elsewhere.example/x.git?#' + "a" * 40 + '"}',
              '{"scmurl": "ext::sh -c id"}', '{"scmurl": "/etc/passwd"}', '{"a": NaN}', b"\xff\xfe", '{"scmurl": "\\ud800"}']
    for body in bodies:
        check_error(SUBMIT_POOL.ask("POST", LIST, body, CONTENT_TYPE="application/json"), body)
        check_error(READ_POOL.ask("PATCH", LIST + "1", body, CONTENT_TYPE="application/json"), body)
        check_error(READ_POOL.ask("POST", LIST, body, CONTENT_TYPE="application/json"), body)
    for name, value in (("CONTENT_LENGTH", "-1"), ("CONTENT_LENGTH", "9" * 30), ("CONTENT_LENGTH", "70000"), ("CONTENT_LENGTH", ""),
                        ("CONTENT_TYPE", "text/xml"), ("HTTP_ORIGIN", "https://evil.example"), ("HTTP_IDEMPOTENCY_KEY", "\x01")):
        for html in ("*/*", "text/html"):
            answer = SUBMIT_POOL.ask("POST", LIST, "{}", HTTP_ACCEPT=html, **{"CONTENT_TYPE": "application/json", name: value})
            assert not LEAKS.search(answer.text), answer.text
            assert answer.status in (400, 403), (name, answer.status)


def check_fault(pool, method, uri, status, body=b"", **parameters):
    """What is our fault is told by an incident's number, which stands in the log with the reason."""
    answer = pool.ask(method, uri, body, CONTENT_TYPE="application/json", **parameters)
    assert answer.status == status, (uri, answer.status, answer.text)
    assert not LEAKS.search(answer.text.replace(uri, "")), answer.text
    incident = re.search(r"\b[0-9a-f]{12}\b", answer.text)
    assert incident, answer.text
    lines = [line for line in log_lines() if f"incident={incident.group(0)} " in line]
    assert len(lines) == 1 and " problem=" in lines[0], (incident.group(0), lines)


def replace(path, make):
    """Puts something else in the place of a file or folder."""
    if os.path.exists(path):
        os.rename(path, path + ".away")
    make(path)


def a20_what_is_broken_is_told_to_the_log_only(scmurl):
    submission = json.dumps({"scmurl": scmurl})
    sql("RENAME TABLE builds TO away")
    for page, uri in itertools.product(("*/*", "text/html"), (LIST, LIST + "1", LIST + "?page=1&name=x&verbose=1")):
        check_fault(READ_POOL, "GET", uri, 500, HTTP_ACCEPT=page)
    check_fault(READ_POOL, "PATCH", LIST + "1", 500, '{"state": "failed"}')
    sql("RENAME TABLE away TO builds")
    sql("RENAME TABLE modulemds TO away")
    check_fault(READ_POOL, "GET", LIST + "1/modulemd", 500)
    sql("RENAME TABLE away TO modulemds; RENAME TABLE idempotency_keys TO away")
    check_fault(SUBMIT_POOL, "POST", LIST, 500, submission, HTTP_IDEMPOTENCY_KEY="one")
    sql("RENAME TABLE away TO idempotency_keys")
    slot, cache = os.environ["T"] + "/run/submit-slot-1", os.environ["T"] + "/cache"
    replace(slot, os.mkdir)
    check_fault(SUBMIT_POOL, "POST", LIST, 500, submission)
    os.rmdir(slot)
    replace(cache, lambda path: open(path, "w", encoding="utf-8").close())
    check_error(SUBMIT_POOL.ask("POST", LIST, submission, CONTENT_TYPE="application/json"), "no cache")
    assert "info request-put-off method=POST path=/rida/module-builds/ problem=" in "\n".join(log_lines()[-4:])
    sql("ALTER USER 'rida_web'@'localhost' IDENTIFIED BY 'another'; KILL USER rida_web")
    check_fault(READ_POOL, "GET", LIST + "1", 500)
    sql("ALTER USER 'rida_web'@'localhost' IDENTIFIED BY ''")


def a20_a_database_that_is_away_is_told_without_its_place():
    for page in ("*/*", "text/html"):
        check_fault(READ_POOL, "GET", LIST + "1", 503, HTTP_ACCEPT=page)
        check_fault(READ_POOL, "GET", LIST, 503, HTTP_ACCEPT=page)
    check_fault(READ_POOL, "PATCH", LIST + "1", 503, '{"state": "failed"}')


# ---- A17 ------------------------------------------------------------------------------------------

LINE = re.compile(r"""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [ ] (error|warning|info|debug) [ ] [a-z]+(-[a-z]+)*
    ([ ] [a-z_]+ = ( [^\s"=\\]+ | "([^"\\] | \\["\\n] | \\x[0-9a-f]{2} | \\u[0-9a-f]{4,6})*" ))*""", re.X)


def log_lines():
    found = []
    for name in sorted(os.listdir(os.environ["T"] + "/log")):
        if name.startswith(("fcgi-", "scheduler")):
            with open(os.environ["T"] + "/log/" + name, "rb") as file:
                found += [line.decode("utf-8", "surrogateescape") for line in file.read().split(b"\n")[:-1]]
    return found


def a17_each_line_of_the_log_is_a_line_of_ours():
    """After all that was tried, and what follows, which gets into lines by failing."""
    lines_before = len(log_lines())
    sql("RENAME TABLE builds TO away")
    forged = "x\n2026-01-01T00:00:00.000Z info change-requested build=1 caller=admin"
    texts = [forged, "\r" + forged, "\x1b[2J\x1b]8;;http://evil.example\x07", "%s%n%p%1000000d", '" caller=admin x="', "\\",
             "\u2028" + forged, "\u202etxt.exe", "\x85", "\x9b31m", "\x7f\x08\x08", b"\xff\xfe\xc0\xaf\xed\xa0\x80", "x" * 100000]
    for text in texts:
        raw = text if isinstance(text, bytes) else text.encode()
        for uri in (LIST.encode() + b"?name=" + quote(raw, safe="").encode(), LIST.encode() + b"?" + raw,
                    b"/rida/module-builds/1?" + raw, LIST.encode() + b"1?x"):
            READ_POOL.ask("GET", uri, REMOTE_USER=raw[:1000], HTTP_USER_AGENT=raw[:1000])
        SUBMIT_POOL.ask("POST", LIST, json.dumps({"scmurl": raw.decode("utf-8", "replace")[:1000]}), HTTP_IDEMPOTENCY_KEY=raw[:100])
    sql("RENAME TABLE away TO builds")
    lines = log_lines()
    assert len(lines) > lines_before + len(texts), "nothing was logged"
    for line in lines:
        assert LINE.fullmatch(line), line
        assert len(line.encode("utf-8", "surrogateescape")) <= 4096, len(line)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line), line
        assert not re.match("^[^ ]+ info change-requested build=1 caller=admin", line), line
    print(f"{len(lines)} lines of the log")


# ---- A8 -------------------------------------------------------------------------------------------

STATES = ("init", "wait", "build", "done", "failed", "ready", "garbage")
USERS = {"anonymous": None, "other": "bob", "owner": "alice", "admin": "admin", "gate": "gate"}
VERBS = {"cancel": '{"state": "failed"}', "ready": '{"state": "ready"}'}


def identity(user):
    return {"RIDA_AUTH_BY": "basic", "REMOTE_USER": user} if user else {}


def allowed_change(known, submit_by, user, verb, owner):
    """The status that who asks for it gets, when the build's state does not matter; None: he may."""
    name = user if known else "anonymous"
    if not known and submit_by != "anyone":
        return 401
    if verb == "cancel":
        return None if name == owner or name == "admin" else 403
    return None if name == "gate" else 403


def a8_each_cell_of_who_may_do_what_and_when(auth, submit_by, *scmurls):
    """Builds 1-7 are alice's, in each state; 11-17 are anonymous. scmurls: those that belong to 1-7."""
    cells, wanted_rows = 0, {}
    for role, user in USERS.items():
        known = user is not None and auth == "front"
        for owner, first in (("alice", 1), ("anonymous", 11)):
            for verb, (number, state) in itertools.product(VERBS, enumerate(STATES)):
                build = first + number
                may_from = ("init", "wait", "build") if verb == "cancel" else ("done",)
                status = allowed_change(known, submit_by, user, verb, owner) or (202 if state in may_from else 409)
                answer = READ_POOL.ask("PATCH", f"{LIST}{build}", VERBS[verb], CONTENT_TYPE="application/json", **identity(user))
                assert answer.status == status, (auth, submit_by, role, verb, state, owner, answer.status, status, answer.text)
                if status == 202:
                    wanted_rows.setdefault((build, 1 if verb == "cancel" else 2), user if known else "anonymous")
                cells += 1
        cells += post_each_state(auth, submit_by, role, scmurls, wanted_rows)
    rows = {(int(build), int(kind)): caller for build, kind, caller in
            (line.split("\t") for line in sql("SELECT build_id, kind, caller FROM requests").splitlines())}
    assert rows == wanted_rows, (auth, submit_by, rows, wanted_rows)
    print(f"auth {auth}, submit_by {submit_by}: {cells} cells")


def post_each_state(auth, submit_by, role, scmurls, wanted_rows):
    """Submitting again what there is already: resumed when it failed, else a conflict."""
    user = USERS[role]
    known = user is not None and auth == "front"
    refused = submit_by == "nobody" or (submit_by == "identified" and not known)
    # Each fetches from git: where everybody may submit, two states stand for all.
    chosen = range(len(STATES)) if submit_by == "identified" else (2, 4)
    for number, scmurl in ((number, scmurls[number]) for number in chosen):
        status = 401 if refused else 201 if STATES[number] == "failed" else 409
        answer = SUBMIT_POOL.ask("POST", LIST, json.dumps({"scmurl": scmurl}), CONTENT_TYPE="application/json", **identity(user))
        assert answer.status == status, (auth, submit_by, role, "post", STATES[number], answer.status, answer.text)
        if status == 201:
            wanted_rows.setdefault((number + 1, 3), user if known else "anonymous")
    return len(chosen)


if __name__ == "__main__":
    READ_POOL, SUBMIT_POOL = fastcgi.Pool(sys.argv[1]), fastcgi.Pool(sys.argv[2])
    globals()[sys.argv[3]](*sys.argv[4:])
