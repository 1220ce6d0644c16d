# SPDX-License-Identifier: MIT
"""A disk without room, or a broken one, under the folders of local builds: see test-disk-full.sh for the others."""
from git_world import GitWorld
from row_r import end_pass
from rows import Violation, row
from world import FAILED

FAULTS = ("write,writev,pwrite64:error=ENOSPC", "write,writev,pwrite64:error=EIO", "write:retval=1", "fsync,fdatasync:error=EIO",
          "rename,renameat,renameat2,link,linkat:error=ENOSPC", "mkdir,mkdirat:error=ENOSPC",
          "ftruncate,fallocate:error=ENOSPC", "flock:error=ENOLCK")


def broken(place, fault, when):
    """A command whose processes, jobs and sandboxes too, have so many good calls each, and then this fault; it notes them."""
    calls, what = fault.split(":")
    return ["strace", "-f", "-qq", "-A", "-o", place, "-e", f"trace={calls}", "-e", "signal=none",
            "-e", f"inject={calls}:{what}:when={when}+"]


def has_met_fault(place):
    with open(place, encoding="utf-8", errors="replace") as file:
        return any("(INJECTED)" in line for line in file)


@row("D06-local", "no room, or a broken disk, under local builds", floor=20, check=1,
     needs=("strace", "bwrap", "rpmbuild", "createrepo_c"))
def d06_local(world, case):
    world = world.other(GitWorld)
    world.begin_git("local")
    body = world.submit("one")
    fault, when = FAULTS[case.number % len(FAULTS)], case.random.randint(1, 12)
    place = f"{world.case_folder}/calls"
    for _ in range(case.random.randint(1, 3)):
        world.make_due()
        status = end_pass(world, world.scheduler(before=broken(place, fault, when)))
        if status not in (0, 75):
            raise Violation(f"with {fault} from the {when}th a pass ended with {status}: {world.said()[-2000:]}")
    # There is room again. A component whose build met the fault has failed, and somebody resumes it.
    world.settle_slowly()
    if world.one("SELECT state FROM builds") == FAILED:
        answer = world.post(body)
        if not answer or answer.status != 201:
            raise Violation(f"the failed build cannot be resumed: {answer and answer.text}")
    world.end_well()
    return int(has_met_fault(place))
