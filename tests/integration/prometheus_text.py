#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads the text format 0.0.4 of Prometheus from stdin, as strictly as its description, and prints it as JSON: an object
whose keys are samples ('name{label="value"}', labels in their order) and whose values are numbers."""
import json
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL},?)*)\}})? (\S+)(?: -?\d+)?")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
families, samples, closed, current = {}, {}, set(), None


def refuse(line, why):
    sys.exit(f"line {line!r}: {why}")


def family_of(name):
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and families.get(base, {}).get("type") == "histogram":
            return base
    return name


def enter(name, line):
    global current
    if name != current:
        if name in closed:
            refuse(line, "a family goes on after another one began")
        closed.add(current)
        current = name
        families.setdefault(name, {})


def read_comment(line):
    words = line.split(" ", 3)
    if len(words) < 4 or words[0] != "#" or words[1] not in ("HELP", "TYPE"):
        refuse(line, "no comment of the format")
    enter(words[2], line)
    kind = words[1].lower()
    if kind in families[words[2]]:
        refuse(line, f"a second {words[1]}")
    if kind == "type" and words[3] not in TYPES:
        refuse(line, "no type")
    families[words[2]][kind] = words[3]


def read_sample(line):
    found = SAMPLE.fullmatch(line)
    if not found:
        refuse(line, "no sample")
    name, value = found.group(1), found.group(found.lastindex)
    enter(family_of(name), line)
    labels = re.findall(LABEL, found.group(2) or "")
    if len({label for label, _ in labels}) != len(labels):
        refuse(line, "a label twice")
    key = name + ("{" + ",".join(f'{label}="{text}"' for label, text in labels) + "}" if labels else "")
    if key in samples:
        refuse(line, "a sample twice")
    samples[key] = float(value)
    if families[family_of(name)].get("type") in ("counter", "histogram") and not samples[key] >= 0:
        refuse(line, "a counter below zero")


def check_histograms():
    buckets = {}
    for key, value in samples.items():
        found = re.fullmatch(r"(.*)_bucket\{(.*?),?le=\"([^\"]*)\"\}", key)
        if found and families.get(found.group(1), {}).get("type") == "histogram":
            bound = math.inf if found.group(3) == "+Inf" else float(found.group(3))
            buckets.setdefault((found.group(1), found.group(2)), []).append((bound, value))
    for (name, labels), row in buckets.items():
        behind = "{" + labels + "}" if labels else ""
        if row != sorted(row) or [value for _, value in row] != sorted(value for _, value in row):
            sys.exit(f"{name}{behind}: buckets that do not rise: {row}")
        if row[-1] != (math.inf, samples[f"{name}_count{behind}"]) or f"{name}_sum{behind}" not in samples:
            sys.exit(f"{name}{behind}: count, sum and the last bucket do not agree")


text = sys.stdin.read()
if not text.endswith("\n"):
    sys.exit("the last line has no end")
for each in text[:-1].split("\n"):
    if each.startswith("#"):
        read_comment(each)
    else:
        read_sample(each)
for name, facts in families.items():
    if set(facts) != {"help", "type"}:
        sys.exit(f"{name}: not both HELP and TYPE")
check_histograms()
json.dump(samples, sys.stdout)
