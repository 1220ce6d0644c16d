# SPDX-License-Identifier: MIT
"""How a task goes: by the rules that the control API has set, else by words in its source or name.

A rule is {"method": "build" (if not given), "package": pattern, "target": pattern, "tag": pattern,
"first": only so many first attempts} and what happens: {"outcome": "close" | "fail" | "hang" |
"vanish" | "bad-scm", "at": "srpm", "arch": the arch that fails, "fault": [code, text], "ms": how
long an arch takes, "srpm_ms": how long its source package does, "free_ms": how long no builder
takes it, "polls": it ends when it is looked at for the n-th time, "noarch": true, "version",
"release" (without dist), "dist", "epoch", "license", "needs": [packages that its repo must have],
"rpms": [[name, arch, {"license", "exclusivearch", "excludearch"}], ...]}. The last that fits
counts.
Words are separated by dots: fail, fail-first, vanish, vanish-first, hang, ms-500, polls-3.
"""
import fnmatch
import posixpath
import re

from hub_state import hub

WORD = re.compile(r"fail|fail-first|vanish|vanish-first|hang|bad-scm|noarch|(ms|polls)-(\d+)")
CONDITIONS = ("method", "package", "target", "tag", "first")


def component(src):
    """The component's name in a source: the repository's, or the uploaded file's."""
    if "://" in src:
        name = posixpath.basename(src.partition("?")[0].partition("#")[0].rstrip("/"))
        return name[:-4] if name.endswith(".git") else name
    return posixpath.basename(src).rsplit("-", 2)[0]


def words_of(text, attempt):
    """The plan that words make, or None when any of them is something else."""
    plan = {}
    for word in text.split("."):
        found = WORD.fullmatch(word)
        if not found:
            return None
        if found[1]:
            plan[found[1]] = int(found[2])
        elif word == "noarch":
            plan["noarch"] = True
        elif not word.endswith("-first") or attempt == 1:
            plan["outcome"] = word.removesuffix("-first")
    return plan


def fits(rule, method, attempt, **facts):
    if rule.get("method", "build") != method or attempt > rule.get("first", attempt):
        return False
    return all(fnmatch.fnmatchcase(facts.get(name) or "", rule[name])
               for name in ("package", "target", "tag") if name in rule)


def rule_for(method, attempt=1, **facts):
    plan = {"outcome": "close"}
    for rule in hub.rules:
        if fits(rule, method, attempt, **facts):
            plan = dict({"outcome": "close"}, **{k: v for k, v in rule.items() if k not in CONDITIONS})
    return plan


def plan_of(task):
    """The plan of a build task."""
    src, target = task.request[:2]
    name, attempt = component(src), task.attempt
    ref = src.rpartition("#")[2] if "#" in src else ""
    said = words_of(ref, attempt) or words_of(name, attempt) or {}
    tag = hub.targets.get(target)
    rule = rule_for("build", attempt, package=name, target=target, tag=tag and hub.tags_by_id[tag.build_tag].name)
    return dict(rule, **said)
