# SPDX-License-Identifier: MIT
"""Content generators: builds that are made elsewhere and imported with their metadata and files."""
import hashlib
import json
import posixpath
import secrets

from hub_builds import BUILDING, CANCELED, COMPLETE, FAILED, STATES, end_build, find_build, get_build, make_build
from hub_state import assert_login, assert_perm, caller, find_user, hub, query_options, wrote
from hub_uploads import WORK
from hub_xmlrpc import AuthError, GenericError

CHECKSUMS = {"md5": 0, "sha1": 1, "sha256": 2}


def assert_cg(name):
    assert_login()
    if name not in hub.cgs:
        raise GenericError(f"No such entry in table content_generator: {name}")
    if caller().name not in hub.cgs[name]["users"]:
        raise AuthError(f"Content generator access required ({name})")
    return hub.cgs[name]["id"]


def read_metadata(metadata, directory):
    """Given as a struct, as JSON, or as the name of a file that was uploaded."""
    if isinstance(metadata, dict):
        return metadata
    if metadata.lstrip().startswith("{"):
        return json.loads(metadata)
    return json.loads(uploaded(directory, metadata).decode())


def uploaded(directory, name):
    found = hub.uploads.get(f"{posixpath.normpath(directory)}/{name}")
    if not found:
        raise FileNotFoundError(2, "No such file or directory", f"{WORK}{directory}/./{name}")
    return bytes(found[0])


def check_token(build, token, cg_id):
    if build.token is None or token != build.token:
        raise GenericError(f"Token doesn't match build ID {build.id}")
    if build.cg_id != cg_id:
        raise GenericError(f"Build ID {build.id} is not reserved by this CG")
    if build.state != BUILDING:
        raise GenericError(f"Build ID {build.id} is not in BUILDING state")


def target_build(info, token, cg_id):
    """The reserved build that is imported to, or one that failed and is used again, or None: a new one."""
    if info.get("build_id"):
        build = find_build(info["build_id"])
        if not build:
            raise GenericError(f"No such build: {info['build_id']}")
        check_token(build, token, cg_id)
        if build.nvr != "-".join(info[k] for k in ("name", "version", "release")):
            raise GenericError(f"Build reservation doesn't match: {build.nvr}")
        return build
    build = find_build({k: info[k] for k in ("name", "version", "release")})
    if build and build.state not in (FAILED, CANCELED):
        raise GenericError(f"Build already exists: {build.nvr} (id={build.id})")
    return build


def check_output(output, directory, known_buildroots):
    if output["buildroot_id"] not in known_buildroots:
        raise GenericError(f"Missing buildroot metadata for id {output['buildroot_id']}")
    name = output["filename"]
    data = uploaded(directory, name)
    if len(data) != output["filesize"]:
        raise GenericError(f"File size {len(data)} for {name} (expected {output['filesize']}) doesn't match. "
                           "Corrupted upload?")
    if output["checksum_type"] not in CHECKSUMS:
        raise GenericError(f"Unsupported checksum type: {output['checksum_type']}")
    known = hashlib.new(output["checksum_type"], data).hexdigest()
    if known != output["checksum"]:
        raise GenericError(f"File checksum mismatch for {name}: {output['checksum']} != {known}")
    if output["type"] == "log":
        return None
    for btype in output.get("extra", {}).get("typeinfo", {}):
        check_btype(btype)
    return output


def check_btype(name):
    if name not in hub.btypes:
        raise GenericError(f"No such entry in table btype: {name}")


def check_buildroots(metadata):
    """Every buildroot is used, and the generator of all of them is the caller's; returns its id."""
    used = {output["buildroot_id"] for output in metadata["output"]}
    cg_id = None
    for root in metadata["buildroots"]:
        cg_id = assert_cg(root["content_generator"]["name"])
        if root["id"] not in used:
            raise GenericError(f"Buildroot {root['id']} is not used")
    if cg_id is None:
        raise GenericError("No buildroots in metadata")
    return cg_id


def archive_of(build, output, btype):
    return {"btype": btype, "btype_id": hub.btypes[btype], "build_id": build.id, "buildroot_id": 18,
            "checksum": output["checksum"], "checksum_type": CHECKSUMS[output["checksum_type"]],
            "compression_type": None, "extra": output.get("extra"), "filename": output["filename"],
            "id": hub.next_id("archive"), "metadata_only": False, "size": output["filesize"],
            "type_description": "Text file", "type_extensions": "txt", "type_id": 40, "type_name": "txt"}


def CGImport(metadata, directory, token=None):
    metadata = read_metadata(metadata, directory)
    if metadata["metadata_version"] != 0:
        raise GenericError(f"Unknown metadata version: {metadata['metadata_version']!r}")
    cg_id = check_buildroots(metadata)
    info = metadata["build"]
    build = target_build(info, token, cg_id)
    start, end = float(info["start_time"]), float(info["end_time"])
    owner = find_user(info["owner"], strict=True) if info.get("owner") else caller()
    types = info["extra"]["typeinfo"] if "typeinfo" in info.get("extra", {}) else {}
    for btype in types:
        check_btype(btype)
    roots = {root["id"] for root in metadata["buildroots"]}
    outputs = [check_output(output, directory, roots) for output in metadata["output"]]
    if not build:
        build = make_build(info["name"], info["version"], info["release"], owner.id)
    build.state, build.owner_id, build.cg_id, build.token = COMPLETE, owner.id, cg_id, None
    build.start_ts, build.completion_ts, build.source = start, end, info.get("source")
    build.extra, build.types = info.get("extra"), dict(types) or None
    btype = next(iter(types), "rpm")
    build.archives = [archive_of(build, output, btype) for output in outputs if output]
    hub.archives[build.id] = metadata
    wrote()
    return get_build(build.id)


def CGInitBuild(cg, data):
    cg_id = assert_cg(cg)
    build = find_build(data)
    if build and build.state == BUILDING and build.token:
        raise GenericError("Build is already reserved")
    if build and build.state not in (FAILED, CANCELED):
        raise GenericError(f"Build already exists (id={build.id}, state={STATES[build.state]}): {data}")
    if not build:
        build = make_build(data["name"], data["version"], data["release"], caller().id)
    build.state, build.cg_id, build.token, build.completion_ts = BUILDING, cg_id, secrets.token_hex(32), None
    wrote()
    return {"build_id": build.id, "token": build.token}


def CGRefundBuild(cg, build_id, token, state=FAILED):
    cg_id = assert_cg(cg)
    build = find_build(build_id)
    if not build:
        raise GenericError(f"No such build: {build_id}")
    check_token(build, token, cg_id)
    if state not in (FAILED, CANCELED):
        raise GenericError("Only FAILED or CANCELED are allowed")
    end_build(build, state)
    build.token = None
    wrote()


def listArchives(buildID=None, buildrootID=None, componentBuildrootID=None, hostID=None, type=None, filename=None,
                 size=None, checksum=None, checksum_type=None, typeInfo=None, queryOpts=None, imageID=None,
                 archiveID=None, strict=False):
    builds = hub.builds.values() if buildID is None else [b for b in [find_build(buildID)] if b]
    rows = [a for b in builds for a in b.archives or () if filename in (None, a["filename"])]
    return query_options(rows, queryOpts, lambda row, field: row[field])


def listBTypes(query=None, queryOpts=None):
    rows = [{"id": i, "name": name} for name, i in hub.btypes.items()]
    rows = [row for row in rows if all(row[k] == v for k, v in (query or {}).items())]
    return query_options(rows, queryOpts, lambda row, field: row[field])


def addBType(name):
    assert_perm("admin")
    if name in hub.btypes:
        raise GenericError("btype already exists")
    hub.btypes[name] = len(hub.btypes) + 1
    wrote()


def listCGs():
    return {name: {"id": cg["id"], "users": sorted(cg["users"])} for name, cg in hub.cgs.items()}


METHODS = {f.__name__: f for f in (CGImport, CGInitBuild, CGRefundBuild, listArchives, listBTypes, addBType, listCGs)}
