# SPDX-License-Identifier: MIT
"""Rows that tests of "make check" hold, which know a long form of themselves: a case is a run of it with another seed. The
lines "ROW done/total N violations" that it prints say how many trials it was."""
import os
import re
import subprocess

from rows import Violation, row
from world import BUILD, SRC


def command_row(name, title, floor, command, alone=False, shares=None, **settings):
    """Without a floor, all shares of what there is are tried."""
    cases = (lambda _world: [f"{share}/{shares}" for share in range(shares)]) if shares else None

    @row(name, title, floor=floor, check=0, alone=alone, cases=cases)
    def run(_world, case):
        env = dict(os.environ, CI="yes", RIDA_TORTURE="yes", RIDA_TEST_SEED=str(case.seed + case.number),
                   KOJI_SEED=str(case.seed + case.number), RIDA_TEST_SHARE=case.what or "", **settings)
        done = subprocess.run([command], env=env, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        counts = re.findall(rf"{name}\S* (\d+)/\d+ (\d+)", said)
        if done.returncode or any(int(bad) for _, bad in counts):
            raise Violation(said[-3000:])
        return sum(int(trials) for trials, _ in counts)


command_row("K01-codec", "answers that are cut or changed at every byte: the reader", 1,
            f"{BUILD}/tests/unit/text/test_xmlrpc_damage", RIDA_TEST_CUTS="all", RIDA_TEST_MUTANTS="1000")
command_row("K01-wire", "answers that are cut or changed: the session with the hub", 1,
            f"{SRC}/tests/integration/test-koji-cuts.sh")
command_row("K02-codec", "100,000 mutants of recorded answers: the reader", 100000,
            f"{BUILD}/tests/unit/text/test_xmlrpc_damage", RIDA_TEST_MUTANTS="100000")
command_row("K02-slots", "100,000 odd answers: the builder's slots", 100000,
            f"{BUILD}/tests/unit/ports/test_koji_nonsense", RIDA_KOJI_CASES="100000")
command_row("R06-submit", "submissions that a hub makes after their sender's death", 300,
            f"{SRC}/tests/integration/test-koji-lost.sh", KOJI_TRIALS="50")
command_row("R06-scheduler", "the same with whole passes, new hubs and old ones", 600,
            f"{SRC}/tests/integration/test-koji-kill.sh", RIDA_TEST_KILLS="30")
command_row("L01", "the scheduler, rida-job or a sandbox are killed during real local builds", 50,
            f"{SRC}/tests/integration/test-local-kill.sh", RIDA_TEST_KILLS="10")
command_row("G01", "git servers that hang, drip, redirect, prompt and lie", 30, f"{SRC}/tests/integration/test-scm-liars.sh")
command_row("D01", "the database is killed under load", 50, f"{SRC}/tests/torture/test-db-kill.sh", RIDA_TEST_KILLS="10")
for part, shares, words in (("scheduler", 30, "builds end as they would have"), ("web", 12, "requests are answered rightly"),
                            ("admin", 20, "commands can be given again")):
    command_row(f"D03-{part}", f"every database error at every statement: {words}", None,
                f"{SRC}/tests/torture/test-db-errors.sh", shares=shares, RIDA_TEST_ROWS=f"D03-{part}")
command_row("D04", "a database that is slow or cut off", 20, f"{SRC}/tests/torture/test-db-trouble.sh", RIDA_TEST_ROWS="D04")
command_row("D05", "no room for the database", 20, f"{SRC}/tests/torture/test-disk-full.sh", RIDA_TEST_ROWS="D05")
command_row("D06", "no room for what rida writes, or a broken disk", 20, f"{SRC}/tests/torture/test-disk-full.sh", RIDA_TEST_ROWS="D06")
command_row("D07", "no connection left", 20, f"{SRC}/tests/torture/test-db-trouble.sh", RIDA_TEST_ROWS="D07")
command_row("W02", "5,000 slow clients of each kind", 5000, f"{SRC}/tests/integration/test-abuse-nginx.sh", alone=True)
command_row("W03", "10,000 submissions at once, half of them of one module", 10000, f"{SRC}/tests/torture/test-web-races.sh",
            RIDA_TEST_ROWS="W03")
command_row("W04", "cancelling against the scheduler", 1000, f"{SRC}/tests/torture/test-web-races.sh", RIDA_TEST_ROWS="W04",
            RIDA_TEST_CANCELS="200")
