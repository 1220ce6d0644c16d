# SPDX-License-Identifier: MIT
"""Uploads, kept in memory: hub.uploads is a path below the hub's work folder -> (bytes, time)."""
import base64
import hashlib
import posixpath
import urllib.parse
import zlib

from hub_state import assert_login, caller, context, hub
from hub_xmlrpc import ActionNotAllowed, AuthError, GenericError, LockError

# Where the recorded hub says that it keeps files: only ever words in its faults.
HUB_ROOT = "/srv/koji-hub"
WORK = HUB_ROOT + "/mnt/koji/work/"
HASHES = ("md5", "sha1", "sha256", "sha512")


def digest(kind, data):
    if kind == "adler32":
        return f"{zlib.adler32(data):08x}"
    if kind not in HASHES:
        raise GenericError(f"Unsupported verify type: {kind}")
    return hashlib.new(kind, data).hexdigest()


def upload_path(folder, name):
    """Where an upload goes. A folder belongs to the user who uploaded to it first."""
    clean = posixpath.normpath(folder)
    if clean.startswith("..") or clean.startswith("/"):
        raise GenericError(f"Invalid upload directory: {folder}")
    if name in ("", ".", "..") or "/" in name:
        raise GenericError(f"Invalid upload name: {name}")
    if clean.split("/")[0] == "tasks":
        raise AuthError(f"User {context.session.user_id} is not a host")
    owner = "/".join(clean.split("/")[:2])
    if hub.upload_owners.setdefault(owner, caller().id) != caller().id:
        raise GenericError(f"Invalid upload directory, not owner: {folder}")
    return f"{clean}/{name}"


def raw_upload(query, body):
    """One chunk as the body of a request; what to do with it is in the query."""
    if not caller():
        raise ActionNotAllowed("you must be logged-in to upload a file")
    args = {name: values[0] for name, values in urllib.parse.parse_qs(query, strict_parsing=bool(query)).items()}
    name, folder = args["filename"], args.get("filepath", "")
    verify, offset = args.get("fileverify"), int(args.get("offset", 0))
    path = upload_path(folder, name)
    if path in hub.upload_locks:
        raise LockError("[Errno 11] Resource temporarily unavailable")
    known = digest(verify, body) if verify else None
    old = hub.uploads.get(path, (bytearray(), 0))[0]
    if path in hub.uploads and offset == 0 and not args.get("overwrite"):
        raise GenericError(f"upload path exists: {WORK}{path}")
    at = len(old) if offset == -1 else offset
    write_at(path, old[:at] if args.get("overwrite") else old, at, body)
    size = len(hub.uploads[path][0])
    if size != at + len(body):
        raise GenericError(f"Incorrect upload length for {WORK}{path} - Expected {at + len(body)}, actual {size}")
    answer = {"size": len(body), "fileverify": verify, "offset": at}
    return dict(answer, hexdigest=known) if verify else answer


def write_at(path, content, at, data):
    """Writes into a file; a gap before `at` is a hole."""
    content = bytearray(content)
    content.extend(bytes(max(0, at - len(content))))
    content[at:at + len(data)] = data
    hub.uploads[path] = (content, hub.now())


def checkUpload(path, name, verify=None, tail=None, volume=None):
    assert_login()
    found = hub.uploads.get(f"{posixpath.normpath(path)}/{name}")
    if not found:
        return None
    info = {"size": len(found[0]), "mtime": found[1]}
    if verify:
        info.update(sumlength=len(found[0]), hexdigest=digest(verify, bytes(found[0])))
    return info


def uploadFile(path, name, size, md5sum, offset, data, volume=None, checksum=None):
    assert_login()
    place = upload_path(path, name)
    content = base64.b64decode(data)
    kind, wanted = md5sum if isinstance(md5sum, list) else ("md5", md5sum)
    old = hub.uploads.get(place, (bytearray(), 0))[0]
    if offset == -1:
        return not wanted or (len(old) == size and digest(kind, bytes(old)) == wanted)
    if size != len(content) or (wanted and digest(kind, content) != wanted):
        return False
    write_at(place, b"" if offset == 0 else old, offset, content)
    return True


METHODS = {"checkUpload": checkUpload, "uploadFile": uploadFile}
