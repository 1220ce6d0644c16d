# SPDX-License-Identifier: MIT
"""What holds of all builds whatever has happened, for rows that have their own servers: the statements of
invariants.py, the memory builder's ledger, and what the bus got."""
import json

from invariants import STATEMENTS


def lines(path):
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
