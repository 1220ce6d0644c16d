# SPDX-License-Identifier: MIT
"""Readers of events that have nothing to do with rida. Run by test-events.sh.

    events.py atom FILE WORD...   FILE is a feed by RFC 4287, and its entries are of these states, the newest first
    events.py stream FILE         prints what a browser makes of the stream: "retry N", "id N" and the events' numbers
    events.py follow URL COUNT FILE    reads COUNT events from URL by "after", in parts of changing size, and writes them, one a line
"""
import json
import re
import sys
import time
import urllib.request
import xml.etree.ElementTree as tree

ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def check(what, is_good):
    if not is_good:
        sys.exit(f"events.py: {what}")


def one(element, name):
    found = element.findall(ATOM + name)
    check(f"{len(found)} times {name} in {element.tag}", len(found) == 1)
    return found[0]


def check_link(element, relation, needed):
    links = [link for link in element.findall(ATOM + "link") if link.get("rel") == relation]
    check(f"{relation}: {len(links)} links", len(links) == needed)
    for link in links:
        check(f"no address in {relation}", re.fullmatch(r"https?://[^/ ]+/[^ ]*", link.get("href")))


def check_common(element, id_form):
    identity = one(element, "id").text
    check(f"id {identity!r}", re.fullmatch(id_form, identity))
    check("updated", MOMENT.fullmatch(one(element, "updated").text))
    check("an empty title", one(element, "title").text)
    check("no author", one(one(element, "author"), "name").text)
    check_link(element, "alternate", 1)
    return identity


def atom(path, *states):
    """The MUSTs of RFC 4287 that concern what we write."""
    feed = tree.parse(path).getroot()
    check("not a feed", feed.tag == ATOM + "feed")
    check_common(feed, r"tag:[a-z0-9.-]+,\d{4}:[^ ]+")
    check_link(feed, "self", 1)
    known = {ATOM + name for name in "id updated title author link category summary name entry".split()}
    check("an unknown element", {element.tag for element in feed.iter()} <= known | {feed.tag})
    entries = feed.findall(ATOM + "entry")
    ids = [check_common(entry, r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") for entry in entries]
    check("an id twice", len(set(ids)) == len(ids))
    if entries:
        check("updated is not the newest", one(feed, "updated").text == max(one(entry, "updated").text for entry in entries))
    found = [one(entry, "category").get("term") for entry in entries]
    check(f"states {found}", found == list(states))


def stream(path):
    """By the standard's rules, not by what we expect."""
    identity, data = "", []
    with open(path, encoding="utf-8", newline="") as lines:
        for line in re.split(r"\r\n|\r|\n", lines.read()):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if data:
                    check("the number is another", str(json.loads("\n".join(data))["event"]) == identity)
                    print("event", identity)
                data = []
            elif name == "data":
                data.append(value)
            elif name == "id":
                identity = value
                print("id", value)
            elif name == "retry":
                check("retry", value.isdigit())
                print("retry", value)
            else:
                check(f"a line of no meaning: {line!r}", False)
    check("the end is missing", not data)


def follow(url, count, path):
    after, limit = 0, 1
    ends = time.monotonic() + 60
    with open(path, "w", encoding="utf-8") as file:
        while after < int(count):
            check(f"only {after} events came", time.monotonic() < ends)
            with urllib.request.urlopen(f"{url}?after={after}&limit={limit}", timeout=10) as answer:
                events = json.load(answer)
            for event in events:
                print(json.dumps(event), file=file)
                after = event["event"]
            limit = limit % 7 + 1
            time.sleep(0.002)


{"atom": atom, "stream": stream, "follow": follow}[sys.argv[1]](*sys.argv[2:])
