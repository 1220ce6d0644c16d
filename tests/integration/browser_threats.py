# SPDX-License-Identifier: MIT
"""Threats that need a browser: browser_threats.py URL NAME... runs the functions of these names in one
Chromium. The front end at URL sends no Content-Security-Policy: escaping alone has to hold."""
import collections
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

import browser

FOLDER = os.environ["T"]
LIST = "/rida/module-builds/"
BATCH = 94

# Opens a batch of addresses in frames of one page: pages are read into a frame's document, which runs whatever is to
# run in them for a third of the cost of going there; anything else is gone to.
OPEN = """
document.body.replaceChildren();
const [urls, kind] = arguments;
window.left = urls.length;
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
for (const url of urls) {
	const frame = document.createElement("iframe");
	frame.hidden = kind != "control";
	if (kind != "page") {
		frame.onload = () => left--;
		frame.src = url;
	}
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
    """The text for every column that holds text, as much of it as fits."""
    return {name: f"CONVERT(X'{text[:length].encode().hex()}' USING utf8mb4)" for name, length in COLUMNS[table].items()}


def insert(table, text, **others):
    row = {**values(table, text), **others}
    return f"INSERT INTO {table} (`{'`, `'.join(row)}`) VALUES ({', '.join(map(str, row.values()))});\n"


def plant(build, text):
    """A build that failed, with the text wherever there can be one."""
    yield insert("builds", text, id=build, uuid="UUID()", version=build, state=4, failure_type=1, submitted_at="NOW(6)",
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


TABLES = ("builds", "components", "attempts", "log_excerpts", "warnings", "trace", "modulemds")
HARMLESS = ["harmless"] * 149 + ["https://harmless.example/"]
FIRST = 1000


def a11_no_stored_text_runs():
    COLUMNS.update({table: text_columns(table) for table in TABLES})
    texts = list(payloads())
    assert len(texts) >= 500
    statements = ["START TRANSACTION;\n"]
    for number, text in enumerate(HARMLESS + texts):
        statements += plant(FIRST + number, text)
    sql("".join(statements) + "COMMIT;\n")
    PAGE.open(URL + "/control/frames.html")
    builds = range(FIRST + len(HARMLESS), FIRST + len(HARMLESS) + len(texts))
    harmless = look_at_harmless([f"{LIST}{FIRST}", f"{LIST}{FIRST + 149}"])
    assert harmless["text"] > 300 and harmless["title"].count(HARMLESS[0]) == 2, harmless
    for build, seen in zip(builds, look([f"{LIST}{build}" for build in builds])):
        what = (build, texts[build - builds[0]])
        assert str(build) in seen["title"] and seen["title"].endswith(" rida"), (what, seen["title"])
        check_like(seen, harmless, what)
    harmless = look_at_harmless([f"{LIST}?per_page=50&page={page}&name={HARMLESS[0]}" for page in (1, 2, 3)])
    for seen in look([f"{LIST}?per_page=50&page={page + 1}" for page in range(len(texts) // 50 + 1)]):
        check_like(seen, harmless, "the list")
    for what, urls in (("JSON", [f"{LIST}?format=json&verbose=true"] + [f"{LIST}{build}?format=json" for build in builds[::20]]),
                       ("documents", [f"{LIST}{build}/modulemd" for build in builds[::20]])):
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
    harmless = PAGE.value(INSPECT.replace('document.querySelectorAll("iframe")', "[window]").replace("frame.contentDocument", "document"))
    for gen, text in enumerate(list(payloads())[::16], 4):
        sql("".join(f"UPDATE {table} SET " + ", ".join(f"`{name}` = {value}" for name, value in values(table, text).items()
                    if name not in ("uuid", "idem_key")) + (", gen = " + str(gen) if table == "builds" else "")
                    + f" WHERE {'id' if table == 'builds' else 'build_id'} = {build}"
                    + (f" AND id = {2 * build}" if table == "components" else "") + ";\n" for table in TABLES))
        before = PAGE.value("return document.body.textContent")
        PAGE.value("return look()")
        assert PAGE.value("return document.body.textContent") != before, text
        seen = PAGE.value(INSPECT.replace('document.querySelectorAll("iframe")', "[window]").replace("frame.contentDocument", "document"))
        check_like(seen[0], harmless[0], text)
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
              LIST + "?submitted_after={}", "/rida/{}", LIST + "{}", LIST + "1/logs/{0}/{0}/{0}", "/rida/build-states/?{}")
    count = 0
    for index, place in enumerate(places):
        chosen = texts[::2] if index == 0 else texts[index::14]
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
    """The other way round: a page that is written without care runs many of a third of them."""
    os.makedirs(FOLDER + "/control", exist_ok=True)
    texts = list(payloads())
    asked = [number for number, text in enumerate(texts) if not re.search(r"alert|confirm|prompt|print\(", text)][::3]
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
    assert len(ran) > len(asked) / 3 and hits > 5


if __name__ == "__main__":
    URL, COLUMNS = sys.argv[1], {}
    CANARY = start_canary()
    with browser.Browser() as PAGE:
        PAGE.cdp("Page.enable")
        PAGE.cdp("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        for function in sys.argv[2:]:
            globals()[function]()
            print("ok", function)
