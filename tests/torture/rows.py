# SPDX-License-Identifier: MIT
"""The table of rows. A row is a function that tries one case in a world:

    @row("R09", "SIGTERM at a random moment", floor=100, check=5)
    def r09(world, case):
        ...
        if bad: raise Violation("a sentence")

It may return how many trials the case was, 0 when chance gave nothing to try; without, it was one. A row that has "cases", a function of the world that
returns a list, tries each of them (case.what) and ends; others go on with case after case, each with its own chance.
"""
import dataclasses
import random


class Violation(Exception):
    """A promise that was not kept."""


@dataclasses.dataclass
class Row:
    name: str
    title: str
    run: object
    floor: int = None     # trials that a full run must reach; None: all cases
    check: int = 1        # trials in "make check"
    cases: object = None
    alone: bool = False   # measures time: nothing else runs meanwhile
    needs: tuple = ()     # programs


@dataclasses.dataclass
class Case:
    row: Row
    seed: int
    number: int
    what: object = None
    is_short: bool = False  # of the selection of "make check"

    def __post_init__(self):
        self.random = random.Random(f"{self.row.name} {self.seed} {self.number}")

    def __str__(self):
        return f"{self.row.name} case {self.number} of seed {self.seed}" + (f" ({self.what})" if self.what else "")


ROWS = {}


def row(name, title, **members):
    def register(function):
        ROWS[name] = Row(name, title, function, **members)
        return function
    return register
