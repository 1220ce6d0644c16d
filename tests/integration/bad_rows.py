# SPDX-License-Identifier: MIT
"""Rows that no submission makes, planted into the database: the scheduler and the web do nothing with them; for
test-bad-input.sh."""
import json
import os
import subprocess

from bad_input import T, complain, conclude, count, database, nginx

HOSTILE = ["../../x", "../x", "..", "/etc/x", "a/../../x", "x/y", "-rf", "%(touch canary)", "a b", "a'b", "", "{70*../}",
           "\\n", "$(id)", "<script>", "x" + 60 * "é"]
STATES = {"init": 0, "wait": 1, "build": 2, "done": 3, "failed": 4}


def files():
    """Every file and folder that is not a server's own, and when it was last written."""
    found = {}
    for top in ("state", "repos", "cache", "run", "canary", "tmp"):
        for folder, folders, names in os.walk(os.path.join(T, top)):
            for name in folders + names:
                path = os.path.join(folder, name)
                found[path] = os.lstat(path).st_mtime_ns if name in names else 0
    found.update((os.path.join(T, name), 0) for name in os.listdir(T))
    return found


def quoted(text):
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "''")


def plant(number, state, build, component):
    """A build whose names, and whose component's, are given."""
    database.rows(
        "INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, verification, owner, scmurl, `commit`, "
        "builder, dist, is_prepared, submitted_at, modified_at, completed_at) VALUES (%d, %s, %s, %s, %d, %s, %d, '', 1, "
        "'anonymous', 'x', REPEAT('a', 40), 'local', '.module+1+abc', %d, '2001-01-01', UTC_TIMESTAMP(6), %s)"
        % (number, build.get("uuid", "UUID()"), quoted(build.get("name", "x")), quoted(build.get("stream", "y")), number,
           quoted(build.get("context", "z")), STATES[state], state == "build", "'2001-01-01'" if state == "failed" else "NULL"))
    database.rows(
        "INSERT INTO components (build_id, name, repository, ref, `commit`, batch, state, state_reason, nvr, task_id, attempt) "
        "VALUES (%d, %s, 'https://good.example/x', 'master', REPEAT('b', 40), 2, %s, '', NULL, 0, 1)"
        % (number, quoted(component), {"done": "1", "failed": "3"}.get(state, "NULL")))
    database.rows("INSERT INTO modulemds (build_id, kind, text) VALUES (%d, 0, 'x')" % number)
    database.rows("INSERT INTO claims (build_id, due_at, last_error) VALUES (%d, UTC_TIMESTAMP(6), '')" % number)


def look_at(number):
    """The build as JSON, and as a page, where nothing of a name may be markup."""
    answer = nginx.ask("GET", "/rida/module-builds/%d" % number)
    if answer.status != 200 or json.loads(answer.body)["id"] != number:
        complain("planted build %d: %s" % (number, answer.text()))
    page = nginx.ask("GET", "/rida/module-builds/%d" % number, headers={"Accept": "text/html"})
    if page.status != 200 or b"<script>" in page.body:
        complain("planted build %d as a page: %s" % (number, page.text()))


def m1_m6_planted_rows_become_no_paths():
    """Each hostile name in each place, in each state: the pass sets the build aside and touches nothing for it."""
    os.makedirs(T + "/canary", exist_ok=True)
    for name in ("x-y-1-z", "x"):
        for folder in ("", "state/", "repos/", "state/logs/"):
            path = os.path.join(T, folder + "x" if name == "x" else folder + name)
            os.makedirs(path, exist_ok=True)
            with open(path + "/canary", "w", encoding="ascii") as file:
                file.write("alive")
    # What may have been due before has had its turn.
    subprocess.run([os.environ["top_builddir"] + "/scheduler/rida-scheduler"], check=True)
    number, planted = 1000, []
    for state in STATES:
        for hostile in HOSTILE:
            if hostile:
                number += 1
                plant(number, state, {}, hostile)
                planted.append(number)
            for place in ("name", "stream", "context"):
                number += 1
                plant(number, state, {place: hostile[:16] if place == "context" else hostile[:64]}, "good")
                planted.append(number)
        number += 1
        plant(number, state, {"uuid": "'../../../../../../tmp/x-%d'" % number}, "good")
        planted.append(number)
    before = files()
    subprocess.run([os.environ["top_builddir"] + "/scheduler/rida-scheduler"], check=True)
    after = files()
    for path in sorted(set(before) ^ set(after)) + [path for path in before if before[path] != after.get(path, before[path])]:
        if not path.endswith(("messages.jsonl", ".meter")):
            complain("the pass made, changed or removed %s" % path)
    rows = dict((int(row[0]), row[1:]) for row in database.rows(
        "SELECT id, state, quarantined_at IS NOT NULL, last_error FROM builds JOIN claims ON build_id = id WHERE id > 1000"))
    for i, one in enumerate(planted):
        count("planted")
        if rows[one][1] != "1" or "no submission lets in" not in rows[one][2]:
            complain("planted build %d: %s" % (one, rows[one]))
        if i % 7 == 0:
            look_at(one)


if __name__ == "__main__":
    conclude([m1_m6_planted_rows_become_no_paths])
