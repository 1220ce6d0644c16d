# SPDX-License-Identifier: MIT
"""Threats that need a browser: browser_threats.py URL "NAME ARGUMENT..."... calls the functions of these
names in one Chromium. The front end at URL sends no Content-Security-Policy: escaping alone has to hold."""
import collections
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse

import browser
import fastcgi

FOLDER = os.environ["T"]
LIST = "/rida/module-builds/"
EVENTS = "/rida/events"
BATCH = 94

# Opens a batch of addresses in frames of one page: pages are read into a frame's document, which runs whatever is to
# run in them for a third of the cost of going there; anything else is gone to.
OPEN = """
const [urls, kind] = arguments;
window.left = urls.length;
const kept = kind == "page" ? [...document.querySelectorAll("iframe[name=page]")].slice(0, urls.length) : [];
document.body.replaceChildren(...kept);
async function open(frame, url) {
	const answer = await fetch(url, { headers: { Accept: "text/html" } });
	const text = await answer.text();
	if (!answer.headers.get("Content-Type").startsWith("text/html"))
		throw answer.status;
	const page = frame.contentDocument;
	page.open();
	frame.contentWindow.onload = () => left--;
	page.write(text);
	page.close();
}
for (const [number, url] of urls.entries()) {
	const frame = kept[number] || Object.assign(document.createElement("iframe"), { name: kind, hidden: kind != "control" });
	if (kind != "page") {
		frame.onload = () => left--;
		frame.src = url;
	}
	if (!frame.isConnected)
		document.body.append(frame);
	if (kind == "page")
		open(frame, url);
}"""

# Of each frame: where it is, its title, and how many elements there are of each kind, a kind being a name with the
# names of its attributes; "evil" are handlers, and links that lead elsewhere but to a module's source.
INSPECT = """
return [...document.querySelectorAll("iframe")].map(frame => {
	const page = frame.contentDocument, kinds = {}, evil = [];
	if (!page)
		return { title: "", kinds, evil: ["elsewhere"] };
	for (const element of page.querySelectorAll("*")) {
		const names = element.getAttributeNames();
		const kind = [element.localName, ...names.sort()].join(" ");
		kinds[kind] = (kinds[kind] || 0) + 1;
		for (const name of names) {
			const value = element.getAttribute(name);
			const isSource = kind == "a href rel" && /^https?:\\/\\//.test(value);
			if (name.startsWith("on") ||
				(!isSource && ["href", "src", "action", "formaction", "data"].includes(name) && !/^(\\/rida\\/|[?#])/.test(value)))
				evil.push(kind + ": " + value);
		}
	}
	return { title: page.title, type: page.contentType, kinds, evil, text: page.body ? page.body.innerText.length : 0 };
});"""

# Any frame's call reaches the page that holds it.
LISTEN = "if (window === top) top.hasRun = []; window.ran = n => top.hasRun.push(n);"


class Canary(http.server.BaseHTTPRequestHandler):
    """A server of somebody else: notes who asks for what, and serves its own page."""
    asked = []
    page = b""

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page if self.path == "/page" else b"")

    do_POST = do_GET

    def log_message(self, *_):
        pass


def start_canary():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def sql(statements):
    done = subprocess.run(["mariadb", "--no-defaults", "--socket=" + os.environ["RIDA_TEST_SOCKET"], "-uroot", "--batch",
                           "--skip-column-names", "rida"], input=statements.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def payloads():
    """The texts of tests/fixtures/xss.txt, each calling ran() with its own number."""
    escapes = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}

    def unescape(found):
        word = found.group(1)
        return escapes[word] if word in escapes else chr(int(word[1:], 16))

    with open(os.environ["top_srcdir"] + "/tests/fixtures/xss.txt", encoding="ascii") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("# ")]
    for number, line in enumerate(lines):
        text = re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|[nrt\\])", unescape, line)
        text = text.replace("RUN", f"ran({number})").replace("HOST", f"127.0.0.1:{CANARY}")
        yield re.sub(r"\bN\b", str(number), text)


def look(urls, kind="page"):
    """What is to be seen at each of the addresses."""
    seen = []
    for first in range(0, len(urls), BATCH):
        PAGE.value(OPEN, urls[first:first + BATCH], kind)
        PAGE.wait("return left <= 0", 60)
        seen += PAGE.value(INSPECT)
    return seen


def look_here():
    """What is to be seen on the page itself."""
    return PAGE.value(INSPECT.replace('document.querySelectorAll("iframe")', "[window]").replace("frame.contentDocument", "document"))[0]


def check_nothing_ran(what):
    assert PAGE.dialog() is None, what
    assert PAGE.value("return hasRun") == [], (what, PAGE.value("return hasRun"))
    assert Canary.asked == [], (what, Canary.asked)


def check_like(seen, harmless, what):
    """The page has no element that the one with harmless texts in the same places does not have."""
    assert not seen["evil"], (what, seen["evil"])
    more = collections.Counter(seen["kinds"])
    more.subtract(harmless["kinds"])
    assert not +more, (what, +more)
    assert seen["type"] == harmless["type"], (what, seen["type"])


def look_at_harmless(urls, kind="page"):
    """What pages with harmless texts have, taken together."""
    together, *others = look(urls, kind)
    for seen in others:
        together["kinds"] = collections.Counter(together["kinds"]) | collections.Counter(seen["kinds"])
    return together


# ---- A11 ------------------------------------------------------------------------------------------

def text_columns(table):
    """All columns of a table that hold text, with how many characters fit."""
    rows = sql(f"SELECT column_name, character_maximum_length FROM information_schema.columns WHERE table_schema = 'rida' "
               f"AND table_name = '{table}' AND data_type LIKE '%char' OR table_schema = 'rida' AND table_name = '{table}' "
               f"AND data_type LIKE '%text' ORDER BY ordinal_position")
    return {name: int(length) for name, length in (row.split("\t") for row in rows.splitlines())}


def values(table, text):
    """The text for every column that holds text, as much of it as fits; without one, its own name."""
    texts = {name: text or f"{table}-{name}" for name in COLUMNS[table]}
    return {name: f"CONVERT(X'{texts[name][:length].encode().hex()}' USING utf8mb4)" for name, length in COLUMNS[table].items()}


def insert(table, text, **others):
    row = {**values(table, text), **others}
    return f"INSERT INTO {table} (`{'`, `'.join(row)}`) VALUES ({', '.join(map(str, row.values()))});\n"


def plant(build, text, state=4):
    """A build that failed, or is ready with a repository of ours, with the text wherever there can be one."""
    tag = {"tag": "''"} if state == 5 else {}
    yield insert("builds", text, **tag, id=build, uuid="UUID()", version=build, state=state, failure_type=1, is_finished=state == 5, submitted_at="NOW(6)",
                 modified_at="NOW(6)", completed_at="NOW(6)")
    yield insert("components", text, id=2 * build, build_id=build, batch=2, state=3, task_id=build, task_state=5, attempt=2)
    yield insert("components", "p" + text[:100], id=2 * build + 1, build_id=build, batch=2, state=1, task_id=build,
                 task_state=2, attempt=1)
    yield insert("attempts", text, build_id=build, component_id=2 * build, attempt=2, epoch=1, state=3,
                 idem_key=f"'{build}'", started_at="NOW(6)", finished_at="NOW(6)")
    yield insert("log_excerpts", text, build_id=build, component_id=2 * build, attempt=2)
    yield insert("warnings", text, build_id=build, created_at="NOW(6)")
    yield insert("trace", text, build_id=build, seq=1, gen=1, to_state=4, at="NOW(6)")
    yield insert("modulemds", text, build_id=build, kind=0)
    yield insert("events", text, event_no=build, build_id=build, seq=1, msg_id="UUID()", at="NOW(6)")


TABLES = ("builds", "components", "attempts", "log_excerpts", "warnings", "trace", "modulemds", "events")
HARMLESS = ["harmless"] * 149 + ["https://harmless.example/"]
FIRST = 1000


# What a build's page shows of the columns, as far as they hold their names.
SHOWN = ("builds-name", "builds-stream", "builds-owner", "builds-context", "builds-state_reason", "builds-scmurl", "builds-commit", "builds-branch",
         "builds-builder", "builds-dist", "builds-tag", "builds-target", "components-name", "components-state_reason", "components-nvr", "log_excerpts-file",
         "log_excerpts-excerpt", "warnings-component", "warnings-text", "trace-reason", "trace-actor")


def check_columns_are_shown():
    sql("".join(plant(FIRST - 1, "")))
    PAGE.open(f"{URL}{LIST}{FIRST - 1}")
    text = PAGE.value("return document.body.textContent")
    assert not [name for name in SHOWN if name[:16] not in text], text
    PAGE.open(f"{URL}{LIST}?per_page=1&page=1&name=builds-name")
    assert all(name in PAGE.text() for name in SHOWN[:3])


def a11_no_stored_text_runs():
    COLUMNS.update({table: text_columns(table) for table in TABLES})
    texts = list(payloads())
    assert len(texts) >= 500
    statements = ["START TRANSACTION;\n"]
    for number, text in enumerate(HARMLESS + texts):
        statements += plant(FIRST + number, text)
    sql("".join(statements) + "COMMIT;\n")
    check_columns_are_shown()
    PAGE.open(URL + "/control/frames.html")
    builds = range(FIRST + len(HARMLESS), FIRST + len(HARMLESS) + len(texts))
    harmless = look_at_harmless([f"{LIST}{FIRST}", f"{LIST}{FIRST + 149}"])
    assert harmless["text"] > 300 and harmless["title"].count(HARMLESS[0]) == 2, harmless
    for build, seen in zip(builds, look([f"{LIST}{build}" for build in builds])):
        what = (build, texts[build - builds[0]])
        assert str(build) in seen["title"] and seen["title"].endswith(" rida"), (what, seen["title"])
        check_like(seen, harmless, what)
    sql("".join(statement for number, text in enumerate(texts[::18]) for statement in plant(FIRST + 2000 + number, text, 5))
        + "".join(plant(FIRST + 1999, HARMLESS[0], 5)))
    harmless = look_at_harmless([f"{LIST}{FIRST + 1999}"])
    assert "dnf" in PAGE.value("return document.querySelector('iframe').contentDocument.body.textContent")
    for number, seen in enumerate(look([f"{LIST}{FIRST + 2000 + number}" for number in range(len(texts[::18]))])):
        check_like(seen, harmless, texts[18 * number])
    harmless = look_at_harmless([f"{LIST}?per_page=50&page={page}&name={HARMLESS[0]}" for page in (1, 2, 3)])
    for seen in look([f"{LIST}?per_page=50&page={page + 1}" for page in range(len(texts) // 50 + 1)]):
        check_like(seen, harmless, "the list")
    harmless = look_at_harmless([f"{EVENTS}?limit=50&before={FIRST + 100}"])
    assert harmless["kinds"]["tr id"] == 50, harmless
    for seen in look([f"{EVENTS}?limit=50&before={first + 50}" for first in builds[::50]]):
        check_like(seen, harmless, "the events")
    for what, urls in (("JSON", [f"{LIST}?format=json&verbose=true"] + [f"{LIST}{build}?format=json" for build in builds[::40]]),
                       ("documents", [f"{LIST}{build}/modulemd" for build in builds[::40]])):
        plain = look_at_harmless([urls[0].replace(str(builds[0]), str(FIRST))], "data")
        for seen in look(urls, "data"):
            check_like(seen, plain, what)
    check_nothing_ran("stored texts")
    print(f"{len(texts)} texts in {sum(map(len, COLUMNS.values()))} columns: nothing ran")


def a11_no_text_that_comes_later_runs():
    """The script of a page that is open takes over texts that were not there before."""
    build = FIRST + 5000
    sql("".join(plant(build, HARMLESS[0])) + f"UPDATE builds SET state = 0, gen = 2, event_seq = 1 WHERE id = {build};"
        f"UPDATE builds SET state = 1, gen = 3, event_seq = 2 WHERE id = {build};")
    PAGE.open(f"{URL}{LIST}{build}")
    harmless = look_here()
    for gen, text in enumerate(list(payloads())[::16], 4):
        before = PAGE.value("return document.body.textContent")
        sql("".join(f"UPDATE {table} SET " + ", ".join(f"`{name}` = {value}" for name, value in values(table, text).items()
                    if name not in ("uuid", "idem_key")) + (", gen = " + str(gen) if table == "builds" else "")
                    + f" WHERE {'id' if table == 'builds' else 'build_id'} = {build}"
                    + (f" AND id = {2 * build}" if table == "components" else "") + ";\n" for table in TABLES))
        PAGE.value("return look()")
        assert PAGE.value("return document.body.textContent") != before, text
        check_like(look_here(), harmless, text)
    check_nothing_ran("texts that came later")


def a11_no_text_of_a_request_runs():
    texts = [urllib.parse.quote(text.replace("\0", "\x01"), safe="") for text in payloads()]
    PAGE.cdp("Network.enable")
    hostile = '"><svg onload=ran(9999)>'
    PAGE.cdp("Network.setExtraHTTPHeaders", headers={
        name: hostile for name in ("X-Forwarded-Host", "X-Forwarded-Prefix", "X-Script-Name", "X-Forwarded-Proto", "User-Agent",
                                   "Referer", "X-Original-Url", "If-Match", "Accept-Language")})
    PAGE.open(URL + "/control/frames.html")
    places = (LIST + "?name={0}&stream={1}&owner={0}&{1}={0}&state=init", LIST + "?state={}", LIST + "?page={}",
              LIST + "?submitted_after={}", "/rida/{}", LIST + "{}", LIST + "1/logs/{0}/{0}/{0}", "/rida/build-states/?{}",
              EVENTS + "?name=no{}", EVENTS + "?owner=no{}", EVENTS + "?after={}")
    count = 0
    for index, place in enumerate(places):
        chosen = texts[::2] if index == 0 else texts[index::28]
        urls = [place.format(text, texts[(2 * number + 1) % len(texts)]) for number, text in enumerate(chosen)]
        harmless = look_at_harmless([place.format("nonsense", "nonsense")])
        for url, seen in zip(urls, look(urls)):
            check_like(seen, harmless, url)
            assert seen["title"] == harmless["title"], (url, seen["title"])
        count += len(urls)
    PAGE.cdp("Network.setExtraHTTPHeaders", headers={})
    check_nothing_ran("texts of requests")
    print(f"{len(texts)} texts in {count} requests: nothing ran")


def a11_these_texts_do_run_where_nothing_is_escaped():
    """The other way round: a page that is written without care runs many of a fifth of them."""
    os.makedirs(FOLDER + "/control", exist_ok=True)
    texts = list(payloads())
    asked = [number for number, text in enumerate(texts) if not re.search(r"alert|confirm|prompt|print\(", text)][::5]
    for number in asked:
        page = ("<!DOCTYPE html><meta charset=utf-8><title>x</title><p>{0}</p><input value=\"{0}\"><input value='{0}'><iframe src=\"{0}\"></iframe>"
                "<script>var x = \"{0}\"</script><textarea>{0}</textarea><a href={0}>x</a>").format(texts[number])
        with open(f"{FOLDER}/control/{number}.html", "w", encoding="utf-8", newline="") as file:
            file.write(page)
    PAGE.open(URL + "/control/frames.html")
    ran = set()
    for first in range(0, len(asked), BATCH):
        PAGE.value(OPEN, [f"/control/{number}.html" for number in asked[first:first + BATCH]], "control")
        PAGE.wait("return left <= 0", 60)
        ran.update(PAGE.value("return hasRun"))
    hits = len(Canary.asked)
    Canary.asked.clear()
    print(f"without escaping {len(ran)} of {len(asked)} ran, the canary was asked {hits} times")
    assert len(ran) > len(asked) / 3 and hits > 3


# ---- A12 ------------------------------------------------------------------------------------------

HOSTILE_LOGS = {
    "page.log": b"<!DOCTYPE html><html><body onload=ran(1)><script>ran(1)</script><img src=x onerror=ran(1)>",
    "xhtml.log": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>ran(2)</script></html>",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='ran(3)'><script>ran(3)</script></svg>",
    "script.js": b"ran(4)", "page.html": b"<script>ran(5)</script>", "gif.log": b"GIF89a/*<script>ran(6)</script>*/=1;",
    "pdf.pdf": b"%PDF-1.4\n<script>ran(7)</script>", "utf16.log": "\ufeff<script>ran(8)</script>".encode("utf-16-le"),
    "utf7.log": b"+ADw-script+AD4-ran(9)+ADw-/script+AD4-", "bom.log": b"\xef\xbb\xbf<script>ran(10)</script>",
    "invalid.log": bytes(range(256)) + b"\xc0\xbcscript\xc0\xbe\xed\xa0\x80<script>ran(11)</script>",
    "terminal.log": b"\x1b[2J\x1b]0;title\x07\x1b]8;;javascript:ran(12)\x1b\\\\here\x1b]8;;\x1b\\\\\x1bP+q\x1b\\\\<b>x</b>",
    "long.log": b"<p>" * 400000, "nul.log": b"\0\0\0<html><script>ran(13)</script>", "feed.log": b"<rss><script>ran(14)</script></rss>",
    "multipart.log": b"--x\r\nContent-Type: text/html\r\n\r\n<script>ran(15)</script>\r\n--x--", "plain.log": b"harmless\n",
}
HOSTILE_NAMES = ("<script>ran(20)<", "\"><svg onload=ran(21)>.log", "'><img src=x onerror=ran(22)>", "javascript:ran(23)", "a\nb.log",
                 "a\rb.log", "\x1b[31m.log", "..log", "a..b", ".hidden", "-rf", "a b.log", "%3Cscript%3E.log", "a?b.log",
                 "a#b.log", "\u202egol.txt", "&lt;b&gt;", "a%00.log", "`id`", "$(id)", "{{7*7}}", "a\\b.log")


def a12_a_log_is_text():
    folder = FOLDER + "/state/logs/2/evil/1/"
    os.makedirs(folder)
    for name, content in HOSTILE_LOGS.items():
        with open(folder + name, "wb") as file:
            file.write(content)
    sql("INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, `commit`, builder, submitted_at,"
        " modified_at) SELECT 2, UUID(), name, stream, 2, context, 4, '', owner, scmurl, `commit`, builder, NOW(6), NOW(6) FROM builds WHERE id = 1;"
        "INSERT INTO components (id, build_id, name, repository, ref, batch, state, state_reason, task_id, task_state, attempt)"
        " VALUES (1, 2, 'evil', '', '', 2, 3, '', 5, 5, 1);")
    logs = f"{LIST}2/logs/evil/1/"
    PAGE.open(f"{URL}{logs}plain.log")
    plain = look_here()
    assert plain["type"] == "text/plain" and plain["text"] > 5, plain
    for name in HOSTILE_LOGS:
        PAGE.open(URL + logs + name)
        check_like(look_here(), plain, name)
        for wanted in ({}, {"HTTP_RANGE": "bytes=3-90"}, {"HTTP_ACCEPT": "text/html"}):
            check_log_head(POOL.ask("GET", logs + name, **wanted), name)
    with open(folder + "huge.log", "wb") as file:
        file.truncate(10485761)
    assert POOL.ask("HEAD", logs + "huge.log").header("content-disposition") == "attachment"
    check_nothing_ran("logs")
    print(f"{len(HOSTILE_LOGS)} logs are text")


def check_log_head(answer, name):
    assert answer.header("content-type") == "text/plain; charset=utf-8", name
    assert answer.header("x-content-type-options") == "nosniff", name
    assert answer.header("content-security-policy").startswith("default-src 'none'; sandbox;"), name


def a12_no_name_of_a_log_runs():
    folder = FOLDER + "/state/logs/2/evil/1/"
    PAGE.open(f"{URL}{LIST}2")
    before = look_here()
    listed = PAGE.value("return document.body.innerText")
    assert "terminal.log" in listed
    for name in HOSTILE_NAMES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"secret")
    PAGE.open(f"{URL}{LIST}2")
    check_like(look_here(), before, "names of logs")
    for name in HOSTILE_NAMES:
        answer = POOL.ask("GET", f"{LIST}2/logs/evil/1/" + urllib.parse.quote(name, safe=""))
        assert answer.status == 404, (name, answer.status)
    check_nothing_ran("names of logs")


def a12_an_excerpt_talks_to_no_terminal():
    text = "".join(f"{part}{number}" for number, part in enumerate((
        "\x1b[31;1m", "\x1b]8;;javascript:ran(30)\x1b\\link\x1b]8;;\x1b\\", "\x1b]0;title\x07", "\x1b[2J", "\x1bc", "\x1b(0", "\x1b", "\r", "\b",
        "\x1b[", "\x1b]8;;http://evil.example", "\x7f", "\0")))
    sql(f"INSERT INTO log_excerpts VALUES (2, 1, 1, 'build.log', CONVERT(X'{text.encode().hex()}' USING utf8mb4));")
    PAGE.open(f"{URL}{LIST}2")
    shown = PAGE.value("return document.body.textContent")
    assert not re.search("title|evil.example|8;;|31;1", shown) and "From build.log0link123" in shown, shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown), shown
    assert PAGE.value("return document.querySelectorAll('a[href^=\"javascript\"]').length") == 0
    check_nothing_ran("an excerpt")


# ---- A13, A14 -------------------------------------------------------------------------------------

# The credentials that the browser keeps once they were asked for.
LOG_IN = """
const request = new XMLHttpRequest();
request.open("PATCH", arguments[0], false, "alice", "secret");
request.setRequestHeader("Content-Type", "application/json");
request.send('{"state": "failed"}');
return request.status;"""
SEND = """
const [url, method, type, body] = arguments;
return fetch(url, { method, headers: { "Content-Type": type }, body }).then(answer => answer.status);"""

# What a page of another site can send: forms, with and without scripts, and whatever fetch() lets it.
ATTACK = """
const [list, build, scmurl] = arguments;
const submission = JSON.stringify({ scmurl }), cancel = '{"state": "failed"}';
const outcomes = [];
const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
for (const type of types) {
	const frame = Object.assign(document.createElement("iframe"), { name: type });
	const form = Object.assign(document.createElement("form"), { method: "post", action: list, enctype: type, target: type });
	const field = Object.assign(document.createElement("input"),
		{ name: submission.slice(0, -1) + ', "x": "', value: '"}' });
	form.append(field);
	document.body.append(frame, form);
	outcomes.push(new Promise(resolve => frame.onload = () => resolve("sent")));
	form.submit();
}
const attempts = [];
for (const credentials of ["include", "omit"])
	for (const [url, method, body] of [[list, "POST", submission], [build, "PATCH", cancel]])
		for (const type of [...types, "application/json", "application/json; text/plain", undefined])
			for (const mode of ["no-cors", "cors"])
				attempts.push([url, { method, mode, credentials, body, headers: type ? { "Content-Type": type } : {} }]);
for (const [url, options] of attempts)
	try {
		outcomes.push(fetch(url, options).then(answer => options.mode + " " + answer.type + " " + answer.status, () => "refused"));
	} catch (problem) {
		outcomes.push("impossible");
	}
for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"])
	outcomes.push(navigator.sendBeacon(list, new Blob([submission], { type })) + "");
const form = new FormData();
form.append("scmurl", scmurl);
outcomes.push(navigator.sendBeacon(list, form) + "");
return Promise.all(outcomes);"""

# Whether another site's script can read an answer.
READ = """
const [url] = arguments;
const script = new Promise(resolve => {
	const element = Object.assign(document.createElement("script"), { src: url });
	element.onload = () => resolve("loaded");
	element.onerror = () => resolve("refused");
	document.body.append(element);
});
const reads = ["include", "omit"].map(credentials => fetch(url, { credentials }).then(answer => answer.text(), () => "refused"));
return Promise.all([script, ...reads]);"""


def rows():
    return sql("SELECT COUNT(*) FROM builds; SELECT build_id, kind, caller FROM requests;")


def a13_no_page_of_another_site_acts_for_its_reader(scmurl, own_scmurl):
    PAGE.open(URL + "/rida/build-states/")
    assert PAGE.value(LOG_IN, f"{URL}{LIST}10") == 202
    # They are ambient now: a page of ours needs to name none.
    assert PAGE.value(SEND, f"{URL}{LIST}11", "PATCH", "application/json", '{"state": "failed"}') == 202
    assert PAGE.value(SEND, f"{URL}{LIST}", "POST", "application/json", json.dumps({"scmurl": own_scmurl})) == 201
    before = rows()
    asked_before = len(access())
    for host in ("127.0.0.1", "localhost"):
        PAGE.open(f"http://{host}:{CANARY}/page")
        outcomes = PAGE.value(ATTACK, f"{URL}{LIST}", f"{URL}{LIST}12", scmurl)
        assert len(outcomes) > 50 and not any(text.startswith("cors") for text in outcomes), outcomes
    PAGE.open(URL + "/rida/build-states/")
    assert rows() == before, (before, rows())
    answers = collections.Counter(access()[asked_before:])
    Canary.asked.clear()
    print("another site's requests:", dict(answers))
    assert answers["POST 403"] >= 12 and not [answer for answer in answers if re.match("(POST|PATCH) 2", answer)], answers


def access():
    """Each request that the web server had: its method and status."""
    with open(FOLDER + "/nginx/access.log", encoding="utf-8") as file:
        return [" ".join(re.search(r'"(\S*)[^"]*" (\d{3})', line).groups()) for line in file]


def a14_no_script_of_another_site_reads_an_answer():
    for path in (LIST, LIST + "10", LIST + "?verbose=true", "/rida/build-states/", LIST + "2/logs/evil/1/plain.log", LIST + "nothing"):
        for host in ("127.0.0.1", "localhost"):
            PAGE.open(f"http://{host}:{CANARY}/page")
            outcomes = PAGE.value(READ, URL + path)
            assert outcomes == ["refused"] * 3, (path, outcomes)
        for method in ("GET", "HEAD", "OPTIONS", "PATCH"):
            answer = POOL.ask(method, path, HTTP_ORIGIN="https://evil.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="PATCH",
                              HTTP_ACCESS_CONTROL_REQUEST_HEADERS="content-type")
            assert not [line for line in answer.lines if line.lower().startswith(b"access-control")], answer.lines
    PAGE.open(URL + "/rida/build-states/")
    assert PAGE.value("return fetch(arguments[0]).then(answer => answer.status)", LIST) == 200
    Canary.asked.clear()


if __name__ == "__main__":
    URL, COLUMNS = sys.argv[1], {}
    POOL = fastcgi.Pool(FOLDER + "/run/read.sock")
    CANARY = start_canary()
    with browser.Browser() as PAGE:
        PAGE.cdp("Page.enable")
        PAGE.cdp("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        for words in sys.argv[2:]:
            function, *arguments = words.split(" ")
            globals()[function](*arguments)
            print("ok", function)
