# SPDX-License-Identifier: MIT
"""Lives: modules of every fate, and the people who ask for things. A life has begin(world), people(world), called after
each pass, and passes in which it is over; the world's expected fates are those of one without faults."""
import invariants
from world import CANCEL, RESUME, RETIRE


class Memory:
    """A good module in two batches, one that fails, one that is resumed, one that is cancelled, one that is retired;
    and a task that is submitted without an answer, and one that is not."""
    name = "memory"

    def begin(self, world, **options):
        world.begin(num_concurrent_builds=4, backoff_max=1, **options)
        world.insert(1, "good", "bash:0:ms-0", "gcc:0:ms-5:9", "make:0:ms-0", "zsh:1:ms-0")
        world.insert(1, "bad", "bash:0:fail", "make:0:ms-0", "zsh:1")
        world.insert(1, "again", "bash:0:fail-first.ms-0", "make:0:ms-0", "zsh:1")
        world.insert(1, "stop", "bash:0:hang", "zsh:1")
        world.insert(1, "old", "bash:0:ms-0")
        world.plan_fault("submit", "gcc", "unknown-outcome")
        world.plan_fault("submit", "make", "unavailable")

    def people(self, world):
        for build, name, state, epoch in world.sql("SELECT id, name, state, epoch FROM builds WHERE NOT EXISTS "
                                                   "(SELECT 1 FROM requests r WHERE r.build_id = builds.id)"):
            if name == "again" and (state, epoch) == (4, 1):
                world.ask(build, RESUME)
            elif name == "old" and state == 5:
                world.ask(build, RETIRE)
            elif name == "stop" and world.sql("SELECT 1 FROM components WHERE build_id = %s AND name = 'bash' "
                                              "AND task_id > 0", build):
                world.ask(build, CANCEL)

    def is_over(self, world):
        """Nothing is to be asked for any more, and nothing is on its way."""
        return not world.unsettled() and world.one("SELECT COUNT(*) FROM requests WHERE done_at IS NOT NULL") >= 3


class Small(Memory):
    """Three modules that need few passes."""
    name = "small"

    def begin(self, world, **options):
        world.begin(num_concurrent_builds=4, backoff_max=1, **options)
        world.insert(1, "good", "bash:0:ms-0", "zsh:1:ms-0")
        world.insert(1, "bad", "bash:0:fail.ms-0", "zsh:1")
        world.insert(1, "stop", "bash:0:hang")

    def is_over(self, world):
        return not world.unsettled()


# The fault points that the first one comes to, by what they are printed with.
OF_MEMORY = ("pass", "recover", "repo", "cancel", "retire")
MEMORY = Memory()
SMALL = Small()


def finish(world, life):
    """Passes without faults until it is over."""
    for _ in range(20):
        world.settle(lambda: life.people(world))
        if life.is_over(world):
            return
    raise invariants.Violation(f"the life is not over: {world.sql('SELECT name, state FROM builds')}")


def expected(world, life, **options):
    """The fates of one without faults."""
    if life.name not in world.expected:
        life.begin(world, **options)
        finish(world, life)
        invariants.check(world)
        world.expected[life.name] = invariants.fates(world)
    return world.expected[life.name]


def judge(world, life):
    """Lets it end, and looks at what must hold."""
    finish(world, life)
    invariants.check(world, world.expected[life.name])
