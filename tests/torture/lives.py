# SPDX-License-Identifier: MIT
"""Lives: modules of every fate, and the people who ask for things. A life has begin(world), people(world), called after
each pass, and passes in which it is over; the world's expected fates are those of one without faults."""
import invariants
from world import CANCEL, FAILED, GARBAGE, READY, RESUME, RETIRE, STATES


class Memory:
    """A good module in two batches, one that fails, one that is resumed, one that is cancelled, one that is retired;
    a task that is submitted without an answer, one that is not, and one that is and then lost."""
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
        world.insert(1, "lost", "gone:0:vanish-first.ms-0")
        world.plan_fault("submit", "gone", "unknown-outcome")

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


class Koji:
    """Three modules that are built by a hub."""
    name = "koji"

    def begin(self, world, **options):
        world.begin_koji(koji_settle_seconds=1, **options)

    def people(self, world):
        pass

    def is_over(self, world):
        return not world.unsettled()


# The fault points that the first one comes to, by what they are printed with.
OF_MEMORY = ("pass", "recover", "repo", "cancel", "retire", "announce")
MEMORY = Memory()
SMALL = Small()
KOJI = Koji()


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


class Crowd:
    """Random modules of every fate, told by their names, and people who cancel some of them at any time."""
    name = "crowd"
    # Kind: how likely, and the states that it may end in.
    KINDS = {"good": (4, (READY,)), "bad": (2, (FAILED,)), "again": (2, (READY,)), "stop": (2, (FAILED,)),
             "old": (2, (GARBAGE,)), "maybe": (3, (READY, FAILED)), "lost": (1, (READY,)), "idle": (1, (FAILED,))}

    def __init__(self, random):
        self.random = random
        self.limit = random.randint(1, 6)
        self.moments = {}  # builds that are cancelled -> after so many looks

    def begin(self, world):
        world.begin(num_concurrent_builds=self.limit, backoff_max=1)
        weights = [weight for weight, _ in self.KINDS.values()]
        for number in range(self.random.randint(4, 10)):
            kind = self.random.choices(list(self.KINDS), weights)[0]
            build = world.insert(1, f"{kind}-{number}", *self._components(kind))[0]
            if kind in ("maybe", "idle"):
                self.moments[build] = self.random.randint(0, 40) if kind == "maybe" else 0
        for _ in range(self.random.randint(0, 4)):
            world.plan_fault(self.random.choice(("submit", "prepare", "tag", "regenerate", "repo-ready", "finish")),
                             self.random.choice(("c0", "c1", "good-0", "old-1", "again-2")),
                             self.random.choice(("unavailable", "unknown-outcome")))

    def _components(self, kind):
        first = {"bad": "fail.ms-0", "again": "fail-first.ms-0", "stop": "hang", "lost": "vanish-first.ms-0"}
        count = self.random.randint(1, 5)
        plans = [f"ms-{self.random.choice((0, 0, 5, 30))}" for _ in range(count)]
        plans[0] = first.get(kind, plans[0])
        orders = [0] + [self.random.randint(0, 2) for _ in range(count - 1)]
        return [f"c{i}:{order}:{plan}" for i, (order, plan) in enumerate(zip(orders, plans))]

    def people(self, world):
        building = world.one("SELECT COUNT(*) FROM components WHERE state = 0")
        if building > self.limit:
            raise invariants.Violation(f"{building} components are being built, and {self.limit} may be")
        for build, name, state, epoch in world.sql("SELECT id, name, state, epoch FROM builds WHERE NOT EXISTS "
                                                   "(SELECT 1 FROM requests r WHERE r.build_id = builds.id)"):
            kind = name.split("-")[0]
            if kind == "again" and (state, epoch) == (FAILED, 1):
                world.ask(build, RESUME)
            elif kind == "old" and state == READY:
                world.ask(build, RETIRE)
            elif kind == "stop" and world.sql("SELECT 1 FROM components WHERE build_id = %s AND name = 'c0' "
                                              "AND task_id > 0", build):
                world.ask(build, CANCEL)
            elif build in self.moments:
                self.moments[build] -= 1
                if self.moments[build] < 0:
                    world.ask(build, CANCEL)

    def is_over(self, world):
        return not world.unsettled() and not world.sql(
            "SELECT 1 FROM builds WHERE NOT EXISTS (SELECT 1 FROM requests r WHERE r.build_id = builds.id) AND "
            "(name LIKE 'old%' OR name LIKE 'again%')")

    def judge(self, world):
        finish(world, self)
        invariants.check(world)
        for name, state in world.sql("SELECT name, state FROM builds"):
            if state not in self.KINDS[name.split("-")[0]][1]:
                raise invariants.Violation(f"I11 {name} ended as {STATES[state]}")
