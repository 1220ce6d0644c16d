# SPDX-License-Identifier: MIT
"""Looks at rida's pages. Run by test-pages.sh, which has put the builds of pages.sql into the database.

    pages.py up|away|stopped URL BUILD

BUILD waits for a scheduler; "away": the database is stopped; "stopped":
rida.fcgi too.
"""
import os
import subprocess
import sys
import time

import browser

MODE, URL, LIVE = sys.argv[1:4]
BUILDS = URL + "/rida/module-builds/"
PAGES = {
    "list": BUILDS, "filtered": BUILDS + "?state=failed&submitted_after=2026-01-01", "empty": BUILDS + "?name=nothing",
    "second page": BUILDS + "?page=2", "failed": BUILDS + "61", "ready": BUILDS + "62", "running": BUILDS + "63",
    "120 components": BUILDS + "64", "canceled": BUILDS + "66", "long names": BUILDS + "67", "garbage": BUILDS + "54",
    "states": URL + "/rida/build-states/", "status": URL + "/rida/status", "events": URL + "/rida/events", "older events": URL + "/rida/events?before=100",
    "no events": URL + "/rida/events?name=nothing",
}
ERRORS = {
    400: BUILDS + "?submitted_after=yesterday", 404: BUILDS + "4711",
}

# Texts whose colours are closer than WCAG AA wants.
CONTRAST = r"""
const number = text => text.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const back = e => { for (; e; e = e.parentElement) { const c = number(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return number(getComputedStyle(document.documentElement).color).map(v => 255 - v); };
const bad = [];
for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest(".off, option, noscript")) continue;
    const a = light(number(getComputedStyle(e).color)), b = light(back(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " " + ratio.toFixed(2));
}
return [...new Set(bad)];
"""

# What a page that everyone can use never has.
MARKUP = """
const wrong = [];
const none = (selector, what) => { if (document.querySelector(selector)) wrong.push(what); };
none("th:not([scope])", "a heading of nothing");
none("table:not(:has(> caption))", "a table without a caption");
none("[style], style, script:not([src])", "a style or a script inside the page");
none("[onclick], [onload], [onerror]", "a script in an attribute");
none("img:not([alt])", "a picture without words");
none("input:not([type=hidden]):not(label input), select:not(label select)", "a field without a label");
none("time:not([datetime])", "a time without a moment");
for (const one of ["html[lang]", "title", "main", "header nav", "h1", "footer"])
    if (document.querySelectorAll(one).length !== 1) wrong.push("not one " + one);
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size !== ids.length) wrong.push("an id twice");
for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.getAttribute("href").slice(1))) wrong.push("a link to no place: " + link.href);
return wrong;
"""


def expect(what, value, expected):
    if value != expected:
        sys.exit(f"{what}: {value!r} and not {expected!r}")


def expect_in(what, text, whole):
    if text not in (whole or ""):
        sys.exit(f"{what}: no {text!r} in {whole!r}")


def the_list_is_newest_first(page):
    page.open(BUILDS)
    ids = [int(text) for text in page.texts(".builds .id")]
    expect("the list's order", ids[-50:], sorted(ids, reverse=True)[-50:])
    expect("the list's length", len(ids), 50)
    cells = page.value("return [...document.querySelector('#build-61').cells].map(e => e.innerText.trim())")
    expect("a row", cells, ["61", "failed", "container-tools", "rolling", "20261100483059", "jnovy", "1 h ago", "4/8"])
    expect("its title", page.value("return document.title"), "Module builds \u00b7 rida")


def filters_are_clicked(page):
    page.open(BUILDS)
    page.value("document.querySelector('[name=state]').value = 'failed'")
    page.type("[name=owner]", "jplesnik")
    page.follow(".filters button")
    expect("filtered", set(page.texts(".builds .state")), {"failed"})
    expect("filtered", set(page.texts(".builds .owner")), {"jplesnik"})
    expect("the form keeps", page.value("return [...document.querySelectorAll('[name=state], [name=owner]')].map(e => e.value)"),
           ["jplesnik", "failed"])
    expect("active", [text.split("\n")[-1] for text in page.texts(".active li")][-1], "Clear all")
    expect_in("active", "Owner: jplesnik", page.text(".active"))
    page.follow(".active a[href*='state=']")
    expect("one is dropped", ["Owner" in text for text in page.texts(".active")], [False])
    page.value("document.querySelector('.filters details').open = true;"
               "document.querySelector('[name=submitted_before]').value = '2001-01-01'")
    page.follow(".filters button")
    expect_in("nothing fits", "No build fits these filters.", page.text("#live"))
    expect("the dates stay open", page.value("return document.querySelector('.filters details').open"), True)
    expect("the date stays", page.value("return document.querySelector('[name=submitted_before]').value"), "2001-01-01")
    page.follow(".empty .button")
    expect("cleared", len(page.texts(".builds .id")), 50)
    page.follow("#build-61 .owner a")
    expect("of one owner", set(page.texts(".builds .owner")), {"jnovy"})


def nonsense_is_answered_in_the_form(page):
    for query, words in (("submitted_after=yesterday&name=ruby", "a time is wanted"), ("state=sleeping&name=ruby", "this is no state"),
                         ("page=0&name=ruby", "a number from 1"), ("per_page=1000&name=ruby", "a number from 1")):
        page.open(BUILDS + "?" + query)
        expect_in(query, words, page.text("[role=alert]"))
        expect(query + " keeps", page.value("return document.querySelector('[name=name]').value"), "ruby")
        expect(query, page.timing()["responseStatus"], 400)
        page.console()


def pages_are_turned(page):
    page.open(BUILDS + "?per_page=20")
    first = page.texts(".builds .id")
    expect("no way back", page.texts(".pager a"), ["Older", "Last"])
    page.follow(".pager [rel=next]")
    second = page.texts(".builds .id")
    expect("the next page", int(second[0]) < int(first[-1]), True)
    expect_in("the position", "21\u201340 of", page.text(".position"))
    page.follow(".pager [rel=last]")
    expect("the end", page.texts(".builds .id")[-1], "1")
    expect("no way on", page.texts(".pager a"), ["First", "Newer"])
    page.follow(".pager [rel=prev]")
    page.follow(".pager [rel=first]")
    expect("the first page", page.texts(".builds .id"), first)
    page.open(BUILDS + "?page=99999")
    expect_in("past the end", "The list ends before this page.", page.text("#live"))
    page.follow(".empty .button")
    expect("the first page", len(page.texts(".builds .id")), 50)


def a_failed_build_tells_why(page):
    page.open(BUILDS + "61")
    panel = page.text(".panel")
    failed = page.value("return document.querySelector('.culprit h3').innerText")
    expect_in("why", f"Component(s) {failed} failed to build.", panel)
    expect_in("whose fault", "Failed by the module itself", panel)
    expect_in("the log", "implicit declaration of function 'PQsendPrepareX'", page.text(".culprit pre"))
    expect("batches", [text.split() for text in page.texts(".batches li")],
           [["Batch", "1", "1/1"], ["Batch", "2", "3/4"], ["Batch", "3", "0/3"]])
    expect("states", page.texts(".components td.state"), ["complete"] * 4 + ["failed"] + ["not built"] * 3)
    expect("history", page.texts("[aria-labelledby=history] .state"), ["init", "wait", "build", "failed"])
    expect("deliveries", page.texts("[aria-labelledby=deliveries] .state"), ["202", "503", "no answer"])
    expect("the stay", page.texts(".trace td.took")[:3], ["3 s", "3 s", "12 min 28 s"])
    expect("warnings", len(page.texts(".warnings li")), 2)
    facts = page.text(".facts")
    for word in ("jnovy", "https://src.example.org/modules/container-tools.git?#", "memory", "12 min 34 s"):
        expect_in("facts", word, facts)
    page.follow(".culprit summary a")
    expect("its log", page.text().strip(), "the whole log")
    expect_in("its log", f"/rida/module-builds/61/logs/{failed}/1/build.log", page.address())
    page.open(BUILDS + "61")
    page.follow(".facts a[href$='/modulemd']")
    expect_in("its document", "name: container-tools", page.text())


def a_ready_build_is_used(page):
    page.open(BUILDS + "62")
    expect_in("dnf", "baseurl=" + URL + "/rida/repos/mariadb-connector-odbc-master-", page.text("#usage"))
    expect_in("dnf", "dnf module enable mariadb-connector-odbc:master", page.text("#usage"))
    expect("nothing is asked again", page.value("return document.body.dataset.live"), None)


def a_running_build_tells_what_it_waits_for(page):
    page.open(BUILDS + "63")
    expect_in("what for", "Building batch 2 of 3", page.text(".panel"))
    expect_in("what for", "6 of 12 built, 1 building", page.text(".panel"))
    page.open(BUILDS + "64")
    expect_in("what for", "and 4 more", page.text(".panel"))
    page.open(BUILDS + "66")
    expect("canceled", page.texts(".components td.state")[3], "canceled")


def a_build_in_koji_shows_what_it_has_there(page):
    page.open(BUILDS + "64")
    links = page.value("return Array.from(document.querySelectorAll(\"a[href^='https://koji.example.org/koji/']\"), a => [a.href.slice(30), a.innerText])")
    tag = next(words for address, words in links if words.startswith("module-") and words.endswith("-build"))
    for address, words in (["taginfo?tagID=" + tag[:-6], tag[:-6]], ["taginfo?tagID=" + tag, tag],
                           ["buildtargetinfo?name=module-1cf457d452e54dda", "module-1cf457d452e54dda"],
                           ["taskinfo?taskID=64001", "64001"]):
        expect(f"a link of {words}", [address, words] in links, True)
    expect("builds", any(address.startswith("search?type=build&match=exact&terms=module-build-macros-") for address, _ in links), True)
    expect_in("its repository", "asked for, number 4711", page.text(".facts"))
    expect_in("the outage", "https://koji.example.org/kojihub cannot be reached: Connection refused. It is tried again in 59 min",
              page.text(".panel"))
    page.open(BUILDS + "63")
    expect("links of other builders", page.value("return document.querySelectorAll(\"a[href^='https://koji.example.org/']\").length"), 0)


def a_running_build_becomes_ready(page):
    page.open(BUILDS + LIVE)
    page.value("window.heading = document.querySelector('h1'); window.scrollTo(0, 50);"
               "document.querySelector('#history').textContent = ''")
    with subprocess.Popen([os.environ["top_builddir"] + "/scheduler/rida-scheduler", "--linger", "40"],
                          stderr=subprocess.DEVNULL) as scheduler:
        page.wait("return document.querySelector('h1 .badge').innerText === 'ready'", 35)
        scheduler.terminate()
    expect("the same page", page.value("return window.heading === document.querySelector('h1')"), True)
    expect("where it was read", page.value("return scrollY"), 50)
    expect_in("taken over", "History", page.text("#history"))
    expect("built", set(page.texts(".components td.state")), {"complete"})
    expect_in("its title", "ready", page.value("return document.title"))
    expect("nothing is asked again", page.value("return document.body.dataset.live"), "")


def move(build, state):
    """A state change as the scheduler makes it, with its number."""
    sql = f"""UPDATE builds SET state = {state}, gen = gen + 1, event_seq = event_seq + 1 WHERE id = {build};
        INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at) SELECT (SELECT MAX(event_no) + 1 FROM events),
        id, event_seq + 1000, name, owner, UUID(), '{{}}', UTC_TIMESTAMP(6) FROM builds WHERE id = {build}"""
    subprocess.run(["mariadb", "--no-defaults", "--socket=" + os.environ["RIDA_TEST_SOCKET"], "-uroot", "rida", "-e", sql], check=True)


def an_event_shows_at_once(page):
    """Also where the page would ask again much later only."""
    for address, where, state, word in ((BUILDS, "#build-63 .badge", 3, "done"), (BUILDS + "63", "h1 .badge", 5, "ready")):
        page.open(address)
        page.wait("return heard > 0")
        page.value(f"document.body.dataset.live = '60'; later(); window.seen = document.querySelector('{where}')")
        move(63, state)
        began = time.monotonic()
        page.wait("return window.seen.innerText === " + repr(word), 20)
        took = time.monotonic() - began
        print(f"{address}: a state change was seen after {took:.1f} s")
        expect("it is seen at once", took < 5, True)
        expect("on the same page", page.value(f"return document.querySelector('{where}') === window.seen"), True)
    expect("nothing else is waited for", page.value("return events"), None)


def listening_rests_and_comes_back(page):
    page.open(BUILDS + "63")
    look = "document.dispatchEvent(new Event('visibilitychange'));"
    page.wait("return heard > 0")
    expect("then less is asked", page.value("return seconds()"), 9)
    page.value("Object.defineProperty(document, 'hidden', { configurable: true, value: true });" + look)
    expect("hidden pages hear nothing", page.value("return events"), None)
    page.value("delete document.hidden; heard = 0;" + look)
    page.wait("return heard > 0")
    page.value("events.close(); heard = -attention; window.closed = events; soon()")
    expect("who hears nothing asks", page.value("return seconds()"), 3)
    page.wait("return heard > 0 && events !== window.closed", 10)
    page.value("document.body.dataset.live = ''; listen()")
    expect("what has ended says nothing", page.value("return events"), None)


def events_are_turned(page):
    page.open(URL + "/rida/events?limit=20")
    first = page.texts(".events .id")
    expect("the newest first", first, sorted(first, key=int, reverse=True))
    page.follow(".pager [rel=next]")
    expect("the next", int(page.texts(".events .id")[0]), int(first[-1]) - 1)
    page.follow(".pager [rel=prev]")
    expect("back", page.texts(".events .id"), first)
    page.follow(".events .owner a")
    expect("of one owner", len(set(page.texts(".builds .owner"))), 1)


def refreshing_rests_and_comes_back(page):
    page.open(BUILDS + "63")
    count = "return performance.getEntriesByType('resource').filter(e => e.initiatorType === 'fetch').length"
    look = "document.dispatchEvent(new Event('visibilitychange'));"
    page.value(look)
    page.wait(count + " === 1")
    page.value("Object.defineProperty(document, 'hidden', { configurable: true, value: true });"
               "document.body.dataset.live = '0.05';" + look)
    page.value("return new Promise(done => setTimeout(done, 300))")
    expect("hidden pages rest", page.value(count), 1)
    page.offline(True)
    page.value("delete document.hidden;" + look)
    page.wait("return document.querySelector('#news').innerText.includes('does not answer')")
    page.offline(False)
    page.wait("return document.querySelector('#news').innerText === ''")
    expect("it is live again", page.value("return document.body.dataset.live"), "3")
    page.console()


def pages_work_without_scripts(page):
    page.scripts(False)
    page.open(BUILDS + "63")
    expect_in("a build", "Building batch 2 of 3", page.text(".panel"))
    expect("it loads itself again", page.value("return document.querySelector('noscript meta[http-equiv=refresh]').content"), "15")
    page.open(BUILDS)
    page.type("[name=name]", "ruby")
    page.follow(".filters button")
    expect("filtered", set(page.texts(".builds .name")), {"ruby"})
    page.scripts(True)


def every_page_fits_its_window(page):
    for dark in (False, True):
        page.dark(dark)
        for name, url in {**PAGES, **ERRORS}.items():
            page.size(360, 780)
            page.open(url)
            wide = page.value("return [document.documentElement.scrollWidth, innerWidth]")
            expect(f"{name} is as wide as a phone", wide, [360, 360])
            expect(f"colours of {name}, dark: {dark}", page.value(CONTRAST), [])
            expect(f"markup of {name}", page.value(MARKUP), [])
            background = page.value("return getComputedStyle(document.body).backgroundColor")
            expect(f"{name} is dark", background == "rgb(255, 255, 255)", not dark)
            said = [text for text in page.console() if name not in ERRORS or "the server responded with" not in text[1]]
            expect(f"the console about {name}", said, [])
    page.dark(False)
    page.size(1280)


def what_has_the_focus_is_seen(page):
    page.open(BUILDS)
    for _ in range(4):
        for kind in ("rawKeyDown", "keyUp"):
            page.cdp("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    expect("the focus", page.value("const s = getComputedStyle(document.activeElement);"
                                   "return [document.activeElement.tagName, s.outlineStyle]"), ["A", "solid"])


def many_components_are_quick(page):
    page.open(BUILDS + "65")
    expect("rows", page.value("return document.querySelectorAll('.components tr[id]').length"), 2000)
    took = page.timing()["domComplete"]
    print(f"2,000 components: complete after {took:.0f} ms")
    expect("it is quick", took < 5000, True)


def errors_say_what_to_do(page):
    for status, words in ((404, "no build 4711"), (400, "a time is wanted")):
        page.open(ERRORS[status])
        expect(f"status {status}", page.timing()["responseStatus"], status)
        expect_in(f"status {status}", words, page.text("main"))
    page.open(URL + "/rida/nothing")
    page.follow(".ways .button")
    expect("the way on", len(page.texts(".builds .id")), 50)
    page.console()


def an_absent_database_is_told(page):
    page.open(BUILDS)
    expect("status", page.timing()["responseStatus"], 503)
    expect_in("words", "database is away", page.text("main"))
    expect("the way on", page.texts(".ways a"), ["Try again", "All builds"])


def absent_workers_are_told(page):
    page.open(BUILDS)
    expect("status", page.timing()["responseStatus"], 503)
    expect_in("words", "is not running just now", page.text("main"))
    expect("it tries again by itself", page.value("return document.querySelector('meta[http-equiv=refresh]').content"), "10")
    expect("it looks like the others", page.value("return document.styleSheets.length"), 1)


TESTS = {
    "up": [refreshing_rests_and_comes_back, listening_rests_and_comes_back, events_are_turned, a_running_build_becomes_ready, the_list_is_newest_first, filters_are_clicked, nonsense_is_answered_in_the_form,
           pages_are_turned, a_failed_build_tells_why, a_ready_build_is_used, a_running_build_tells_what_it_waits_for,
           a_build_in_koji_shows_what_it_has_there,
           pages_work_without_scripts, what_has_the_focus_is_seen,
           many_components_are_quick, errors_say_what_to_do, every_page_fits_its_window, an_event_shows_at_once],
    "away": [an_absent_database_is_told],
    "stopped": [absent_workers_are_told],
}

with browser.Browser() as chromium:
    for test in TESTS[MODE]:
        test(chromium)
        if MODE == "up":
            expect(f"the console after {test.__name__}", chromium.console(), [])
