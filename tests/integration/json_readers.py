# SPDX-License-Identifier: MIT
"""Compares json_probe with Python's json, made strict; for test-json.sh."""
import json
import math
import random
import subprocess
import sys

MUTATIONS = 20000
DEPTH_MAX = 16
# What mutations put in: what readers like to differ about.
PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"/", b" ", b"\t", b"\n", b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc0\xaf",
          b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b"\\udc00", b"\\u00e9", b"0", b"-", b"+", b".",
          b"e", b"E", b"9" * 20, b"1e309", b"NaN", b"Infinity", b"true", b"null", b"nul", b'"a":1,', b'"a":', b"//", b"/**/", b"#"]


def no_constant(word):
    raise ValueError(word)


def unique(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def whole(digits):
    number = int(digits)
    if not -(1 << 63) <= number < 1 << 64:
        raise ValueError("too large")
    return number


def real(digits):
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("too large")
    return number


def check(value, depth=0):
    """Refuses what has no place in a text of ours: NUL, halves of surrogates, more than sixteen levels."""
    if isinstance(value, str):
        value.encode("utf-8")
        if "\0" in value:
            raise ValueError("NUL")
    elif isinstance(value, (dict, list)):
        if depth == DEPTH_MAX:
            raise ValueError("deep")
        for one in value:
            check(one, depth + 1)
        if isinstance(value, dict):
            for one in value.values():
                check(one, depth + 1)


def python_reads(data):
    """(whether it is JSON, its value)"""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=unique, parse_int=whole,
                           parse_float=real)
        check(value)
    except (ValueError, RecursionError):
        return False, None
    return True, value


def mutate(rng, texts):
    data = bytearray(rng.choice(texts)[:400])
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        place = rng.randrange(len(data) + 1)
        way = rng.randrange(5)
        if way == 0:
            data[place:place] = rng.choice(PIECES)
        elif way == 1 and data:
            data[place:place + 1] = bytes([rng.randrange(256)])
        elif way == 2:
            del data[place:place + rng.choice((1, 1, 2, 5))]
        elif way == 3:
            data[place:place] = rng.choice(texts)[:40]
        else:
            data[place:place] = data[place // 2:place]
    return bytes(data)


def p4_both_readers_agree(program, fixture):
    """The suite's verdicts first, which Python must share, then the mutations."""
    texts, wrong = [], []
    with open(fixture, encoding="utf-8") as file:
        for line in file:
            words = line.rstrip("\n").split("\t")
            if words[0] not in ("accepted", "refused"):
                continue
            texts.append(words[1].encode().decode("unicode_escape").encode("latin-1"))
            if python_reads(texts[-1])[0] != (words[0] == "accepted"):
                wrong.append("Python says otherwise: %s" % line)
    rng = random.Random(20161122)
    cases = texts + [mutate(rng, texts) for _ in range(MUTATIONS)]
    stream = b"".join(b"%d\n%s" % (len(text), text) for text in cases)
    output = subprocess.run([program], input=stream, stdout=subprocess.PIPE, check=True).stdout
    answers = output.split(b"\n")[:-1]
    if len(answers) != len(cases):
        wrong.append("%d answers to %d texts" % (len(answers), len(cases)))
    good = 0
    for text, answer in zip(cases, answers):
        is_good, value = python_reads(text)
        good += is_good
        if is_good != (answer != b"refused"):
            wrong.append("%r: Python %s, we %s" % (text, "reads it" if is_good else "refuses it", answer[:80]))
        elif is_good and json.dumps(json.loads(answer), sort_keys=True) != json.dumps(value, sort_keys=True):
            wrong.append("%r: %r, we read %r" % (text, value, answer))
    print("%d texts, %d of them JSON, %d read differently" % (len(cases), good, len(wrong)))
    return wrong


if __name__ == "__main__":
    found = p4_both_readers_agree(sys.argv[1], sys.argv[2])
    for difference in found[:20]:
        print(difference)
    sys.exit(1 if found else 0)
