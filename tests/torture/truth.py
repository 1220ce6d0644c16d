#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What holds of all builds whatever has happened, for tests that have their own servers: the statements of
invariants.py, the memory builder's ledger, and what the bus got.

    truth.py SOCKET LEDGER MESSAGES        of the database there; the files need not exist
"""
import json
import os
import sys

import pymysql

from invariants import STATEMENTS


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_truth(sql, ledger, messages):
    """Once nothing is on its way any more; returns the tasks that were submitted."""
    for name, text in STATEMENTS:
        found = sql(text)
        assert not found, f"{name}: {found[:5]}"
    submits = [line for line in lines(ledger) if line.get("event") == "submit"]
    keys = [line["key"] for line in submits]
    assert len(keys) == len(set(keys)), f"keys with two tasks: {sorted(keys)}"
    first = {}
    for line in lines(messages):
        first.setdefault(line["id"], len(first))
    rows = sql("SELECT build_id, seq, msg_id FROM outbox ORDER BY build_id, seq")
    lost = [row for row in rows if row[2] not in first]
    assert not lost, f"messages that were not sent: {lost}"
    for one, other in zip(rows, rows[1:]):
        assert one[0] != other[0] or first[one[2]] < first[other[2]], f"messages out of order: {one} after {other}"
    return submits


MANY = 40  # descriptors: several times what a worker needs, and few of what it would have if requests leaked


def check_descriptors(folder):
    """Of the web's programs that work below it: how many have been looked at."""
    looked = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                command = file.read()
            if "rida.fcgi" not in command or folder + "/" not in command:
                continue
            count = len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
        assert count < MANY, f"{pid} has {count} descriptors"
        looked += 1
    return looked


def main():
    link = pymysql.connect(unix_socket=sys.argv[1], user="root", database="rida", autocommit=True)

    def sql(text):
        with link.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    try:
        check_truth(sql, sys.argv[2], sys.argv[3])
    except AssertionError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
