# SPDX-License-Identifier: MIT
"""What a test of imports has the stand-in hub hold, and what became of it.

    koji_import.py CONTROL load NAME...       a tag module-NAME with what was built for the module
    koji_import.py CONTROL facts NAME...      what the hub knows of NAME's two builds, a line each
    koji_import.py CONTROL file FILE NAME...  the RPMs of that file of NAME's build, on a line each
"""
import json
import sys
import urllib.request

ARCHES = "x86_64 aarch64"
STATES = ("building", "complete", "deleted", "failed", "canceled")
RPMS = [["hello", "src", {"license": "Source"}], ["hello", "x86_64", {"license": "MIT"}],
        ["hello", "i686", {"license": "MIT"}], ["hello", "aarch64", {"license": "MIT"}],
        ["hello-debuginfo", "x86_64", {"license": "MIT"}], ["hello-doc", "noarch", {"license": "GFDL"}]]
ONLY = [["only", "src", {"license": "BSD", "exclusivearch": ["aarch64"]}],
        ["only", "aarch64", {"license": "BSD"}], ["only", "x86_64", {"license": "BSD"}]]


def hub(do, **arguments):
    body = json.dumps({"do": do, **arguments}).encode()
    with urllib.request.urlopen(urllib.request.Request(sys.argv[1], body)) as answer:
        return json.load(answer)


def call(method, *params):
    return hub("call", method=method, params=params)


def load(*names):
    tags = [{"name": f"module-{name}", "arches": ARCHES, "packages": {"hello": "rida", "only": "rida"}}
            for name in names]
    builds = [{"nvr": f"{package}-1.0-1.{name}", "tags": [f"module-{name}"], "rpms": rpms}
              for name in names for package, rpms in (("hello", RPMS), ("only", ONLY))]
    packages = {part: "kojiadmin" for name in names for part in (name, name + "-devel")}
    tags.append({"name": "f30-candidate", "arches": "", "packages": packages})
    hub("load", tags=tags, builds=builds, btypes=["module"])


def nvr(name):
    return f"{name}-rhel_8-60857.c0ffee42"


def facts(*names):
    for part in (part for name in names for part in (name, name + "-devel")):
        build = call("getBuild", nvr(part))
        if not build:
            print(part, "absent")
            continue
        tags = sorted(tag["name"] for tag in call("listTags", nvr(part)))
        files = sorted(file["filename"] for file in call("listArchives", build["build_id"]))
        print(part, STATES[build["state"]], build["cg_name"], build["owner_name"], *tags, *files)


def file(wanted, *names):
    for name in names:
        for output in hub("metadata", build=nvr(name))["output"]:
            if output["filename"] == wanted:
                print(*sorted(f"{rpm['name']}.{rpm['arch']}" for rpm in output["components"]))


{"load": load, "facts": facts, "file": file}[sys.argv[2]](*sys.argv[3:])
