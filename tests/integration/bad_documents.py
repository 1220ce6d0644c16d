# SPDX-License-Identifier: MIT
"""Repositories, documents and components that are refused; for test-bad-input.sh."""
import concurrent.futures
import json
import os
import queue
import subprocess

from bad_input import Front, JSON, T, Unchanged, complain, conclude, count, database, fill, nginx, refused, table

GIT = os.environ["GIT_URL"]
LIST = "/rida/module-builds/"
HEAD = "document: modulemd\\nversion: 2\\ndata:\\n  summary: s\\n  description: d\\n  license: {module: [MIT]}\\n"
PLACES = {"H": HEAD, "2001": "".join("      c%d: {rationale: r}\\n" % i for i in range(2001))}
SECTIONS = table("bad-documents.txt")
# Git and the spec's sandbox are asked here.
LIMIT = 5.0
# As many at once as there are slots for, less one.
SUBMITTERS = 3


def git(repository, *arguments, stdin=None):
    environment = {"PATH": os.environ["PATH"], "HOME": T, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                   "GIT_DIR": "%s/git/%s.git" % (T, repository)}
    return subprocess.run(["git", *arguments], input=stdin, stdout=subprocess.PIPE, env=environment, check=True).stdout


class Commits:
    """Many commits of a repository, each with files of its own, made in one go."""
    seconds = 1600000000

    def __init__(self, repository):
        self.repository, self.marks, self.stream = repository, 0, []
        os.makedirs("%s/git/%s.git" % (T, repository))
        git(repository, "init", "-q", "--bare", "-b", "master")

    def add(self, files, branch="master"):
        """files: path to bytes, or (mode, bytes). Returns the number of the commit."""
        self.marks += 1
        Commits.seconds += 1
        self.stream.append(b"commit refs/heads/%s\nmark :%d\ncommitter P <p@example.org> %d +0000\ndata 1\nx\ndeleteall\n"
                           % (branch.encode(), self.marks, Commits.seconds))
        for path, content in files.items():
            mode, data = content if isinstance(content, tuple) else (b"100644", content)
            if mode == b"160000":
                self.stream.append(b"M 160000 %s %s\n" % (data, path.encode()))
            else:
                self.stream.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(data), data))
        return self.marks

    def finish(self):
        """The hashes, by number less one."""
        marks = "%s/tmp/marks" % T
        git(self.repository, "fast-import", "--quiet", "--export-marks=" + marks, stdin=b"".join(self.stream))
        with open(marks, encoding="ascii") as file:
            found = dict(line.split() for line in file)
        os.unlink(marks)
        return [found[":%d" % (i + 1)] for i in range(self.marks)]


def submit(url):
    return "POST", LIST, json.dumps({"scmurl": url}).encode(), JSON


def in_parallel(what, submit_one, cases, more):
    """Some at once; more: by how many rows a table grows with each."""
    fronts = queue.SimpleQueue()
    for _ in range(SUBMITTERS):
        fronts.put(Front("nginx", nginx.port))

    def run(case):
        front = fronts.get()
        try:
            submit_one(front, case)
        finally:
            fronts.put(front)

    grown = {name: number * len(cases) for name, number in more.items()}
    with Unchanged(what, **grown), concurrent.futures.ThreadPoolExecutor(SUBMITTERS) as pool:
        list(pool.map(run, cases))
    count(what, len(cases))


def run_section(name):
    """Documents that are not valid leave no build."""
    commits = Commits("modules/%s/doc" % name)
    for _, _, document in SECTIONS[name]:
        commits.add({"doc.yaml": fill(document, PLACES)})
    def submit_one(front, line):
        (where, pattern, _), commit = line
        refused(front, where, 422, pattern, submit("%s/modules/%s/doc.git?#%s" % (GIT, name, commit)), LIMIT)

    in_parallel(name, submit_one, list(zip(SECTIONS[name], commits.finish())), {})


def documents_that_are_not_valid_are_refused():
    run_section("documents")


def m3_macros_have_a_size_and_no_control_bytes():
    run_section("m3_macros")


def m4_reserved_names_are_refused():
    run_section("m4_reserved")
    commits = Commits("modules/platform")
    commits.add({"platform.yaml": fill(HEAD, {})})
    with Unchanged("platform"):
        refused(nginx, "platform", 422, "platform", submit(GIT + "/modules/platform.git?#" + commits.finish()[0]), LIMIT)
    count("m4_reserved")


def document_with(component):
    return fill(HEAD, {}) + b"  components: {rpms: {%s}}\n" % component.encode()


def repositories_and_files_that_are_missing_are_named():
    """Nothing is recorded of a document that cannot be read."""
    commits = Commits("modules/kinds")
    good = fill(HEAD, {})
    commits.add({"other.yaml": good, "folder.yaml/x.yaml": good, "link.yaml": (b"120000", b"other.yaml"),
                 "passwd.yaml": (b"120000", b"/etc/passwd"), "sub.yaml": (b"160000", b"a" * 40),
                 "folder": (b"120000", b"folder.yaml")})
    Commits.seconds, kept = 253402300800, Commits.seconds
    commits.add({"kinds.yaml": good}, "far-future")
    Commits.seconds = kept
    commits.add({"kinds.yaml": good}, "feature/x")
    commit = commits.finish()[0]
    base = GIT + "/modules/kinds.git"
    for what, pattern, url in [
            ("a repository that is not there", "modules/nothing.git does not exist on its server", GIT + "/modules/nothing.git"),
            ("a repository above all", "does not exist on its server", GIT + "/nothing"),
            ("a branch that is not there", 'no branch "nothing"; push it', base + "?#nothing"),
            ("a commit that is not there", "no commit 0{40}; perhaps it was not pushed", base + "?#" + "0" * 40),
            ("a commit of another kind", "no commit|not", base + "?#" + "0" * 64),
            ("no document of the repository's name", "no modulemd kinds.yaml in .* at " + commit, base + "?#" + commit),
            ("no document of a given name", "no modulemd nothing.yaml", base + "/nothing.yaml?#" + commit),
            ("no document in a folder", "no modulemd a/b.yaml", base + "/a/b.yaml?#" + commit),
            ("a link", "link.yaml in .* is not a regular file", base + "/link.yaml?#" + commit),
            ("a link out of the repository", "passwd.yaml in .* is not a regular file", base + "/passwd.yaml?#" + commit),
            ("a folder", "folder.yaml in .* is not a regular file", base + "/folder.yaml?#" + commit),
            ("a submodule", "sub.yaml in .* is not a regular file", base + "/sub.yaml?#" + commit),
            ("a file behind a linked folder", "no modulemd folder/x.yaml", base + "/folder/x.yaml?#" + commit),
            ("a commit of the year 10000", "time that is not valid|git refuses", base + "?#far-future"),
            ("a branch that is no stream", 'the stream .the branch.s name. "feature/x" is not allowed', base + "?#feature/x")]:
        with Unchanged(what):
            refused(nginx, what, 422, pattern, submit(url), LIMIT)
        count("repositories")


SPEC = b"Name: %s\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\n%s%%description\nx\n"
SHA = "SHA512 (a.tar.gz) = " + 128 * "0" + "\n"
# A component of a module, the files of its repository, and what is said of it.
COMPONENTS = [
    ("nowhere", None, "rpms/nowhere.git does not exist on its server"),
    ("no-branch: {rationale: r, ref: gone}", {"no-branch.spec": SPEC % (b"no-branch", b"")}, 'no branch "gone"'),
    ("no-commit: {rationale: r, ref: %s}" % ("0" * 40), {"no-commit.spec": SPEC % (b"no-commit", b"")}, "no commit 0{40}"),
    ("no-spec", {"other.spec": SPEC % (b"no-spec", b"")}, r"no spec file in .* \(looked for no-spec.spec\)"),
    ("link-spec", {"link-spec.spec": (b"120000", b"/etc/passwd")}, "its spec file: link-spec.spec .* is not a regular file"),
    ("folder-spec", {"folder-spec.spec/x": b"x"}, "is not a regular file"),
    ("empty-spec", {"empty-spec.spec": b""}, "the spec file does not parse"),
    ("odd-spec", {"odd-spec.spec": b"\0\xff\x7fELF" * 100}, "the spec file does not parse"),
    ("no-parse", {"no-parse.spec": SPEC % (b"no-parse", b"%if\n")}, "the spec file does not parse: "),
    ("reads-files", {"reads-files.spec": SPEC % (b"reads-files", b"%include /etc/shadow\n")}, "the spec file does not parse"),
    ("huge-spec", {"huge-spec.spec": SPEC % (b"huge-spec", b"# " + 1100000 * b"x" + b"\n")}, "bytes long; 1048576 are allowed"),
    ("other-name", {"other-name.spec": SPEC % (b"another", b"")}, 'its spec file names the package "another"'),
    ("hostile-name", {"hostile-name.spec": SPEC % (b"a\x1b[31m", b"")}, "spec file"),
    ("no-source", {"no-source.spec": SPEC % (b"no-source", b"Source0: https://x.example/a.tar.gz\nPatch0: b.patch\n")},
     '"a.tar.gz" is neither in the repository nor in its sources list(.|\n)*"b.patch" is neither'),
    ("no-cached", {"no-cached.spec": SPEC % (b"no-cached", b"Source0: a.tar.gz\n"), "sources": SHA.encode()},
     "a.tar.gz is not in the lookaside cache"),
    ("other-hash", {"other-hash.spec": SPEC % (b"other-hash", b"Source0: a.tar.gz\n"), "sources": SHA.replace("0", "1").encode()},
     "a.tar.gz is not in the lookaside cache"),
    ("bad-sources", {"bad-sources.spec": SPEC % (b"bad-sources", b""), "sources": b"this is no list\n"}, "line 1"),
    ("odd-sources", {"odd-sources.spec": SPEC % (b"odd-sources", b""), "sources": b"SHA512 (../../x) = " + 128 * b"0" + b"\n"},
     "line 1"),
    ("big-sources", {"big-sources.spec": SPEC % (b"big-sources", b""), "sources": 1100000 * b"#"}, "bytes long"),
    ("own-repository: {rationale: r, repository: 'git://elsewhere.example/x.git'}", None, "custom repositories are not allowed"),
    ("own-cache: {rationale: r, cache: 'https://elsewhere.example/'}", {"own-cache.spec": SPEC % (b"own-cache", b"")},
     "come from the lookaside cache of this deployment"),
]
# What a submission that was read but cannot be built leaves: one build, failed, with both its events.
FAILED_BUILD = {"builds": 1, "components": 2, "build_views": 1, "claims": 1, "modulemds": 2, "trace": 2, "outbox": 2, "counters": 2}


def components_that_cannot_be_retrieved_are_named():
    """Each leaves exactly the failed build, with its reason, and the message names the component."""
    modules = Commits("modules/parts")
    os.makedirs(T + "/lookaside/other-hash/a.tar.gz/sha512/" + 128 * "2")
    for component, files, _ in COMPONENTS:
        name = component.partition(":")[0]
        if files:
            commits = Commits("rpms/" + name)
            commits.add(files)
            commits.finish()
        modules.add({"parts.yaml": document_with(component if ":" in component else name + ": {rationale: r}")})

    def submit_one(front, case):
        (component, _, pattern), commit = case
        name = component.partition(":")[0]
        answer = refused(front, name, 422, "^component %s: (.|\n)*%s" % (name, pattern),
                         submit("%s/modules/parts.git?#%s" % (GIT, commit)), LIMIT)
        numbers[name] = answer.problem()["id"], answer.problem()["message"]

    numbers = {}
    in_parallel("components", submit_one, list(zip(COMPONENTS, modules.finish())), FAILED_BUILD)
    for name, (number, message) in numbers.items():
        rows = database.rows("SELECT state, verification, failure_type, HEX(state_reason) FROM builds WHERE id = %d" % number)
        if not rows or rows[0][:3] != ["4", "2", "1"] or bytes.fromhex(rows[0][3]).decode() != message:
            complain("%s: the build of the refusal: %s" % (name, rows))


def keys_are_kept_only_with_what_was_recorded():
    """An Idempotency-Key that came with a refused document is free; with a failed build it gives the same answer."""
    commits = Commits("modules/keys")
    commits.add({"keys.yaml": b"no modulemd"})
    commits.add({"keys.yaml": document_with("nowhere: {rationale: r}")})
    bad, failed = ("%s/modules/keys.git?#%s" % (GIT, commit) for commit in commits.finish())
    keyed = dict(JSON, **{"Idempotency-Key": "' OR 1=1; -- \\ %s <script> " + 90 * "k"})
    # Unknown members are nobody's business: neither an owner nor an id can be claimed.
    body = json.dumps({"scmurl": failed, "owner": "mallory", "id": 1, "state": "ready", "": None, "x": [{"y": {}}]}).encode()
    with Unchanged("a key with a document that is not valid"):
        for _ in range(2):
            refused(nginx, "a key", 422, "modulemd", ("POST", LIST, submit(bad)[2], keyed), LIMIT)
    with Unchanged("a key with a failed build", idempotency_keys=1, **FAILED_BUILD):
        first = refused(nginx, "a key", 422, "^component nowhere", ("POST", LIST, body, keyed), LIMIT)
    with Unchanged("the same again"):
        again = refused(nginx, "a key", 422, "^component nowhere", ("POST", LIST, body, keyed))
        if first.body != again.body:
            complain("the same key and body: %s, then %s" % (first.text(), again.text()))
        refused(nginx, "a key", 422, "Idempotency-Key was used with another body", ("POST", LIST, body + b" ", keyed))
    owner = database.rows("SELECT owner, id FROM builds WHERE name = 'keys'")
    if owner != [["anonymous", str(first.problem()["id"])]]:
        complain("who owns the build: %s" % owner)
    count("keys", 5)


if __name__ == "__main__":
    conclude([
        repositories_and_files_that_are_missing_are_named,
        components_that_cannot_be_retrieved_are_named,
        keys_are_kept_only_with_what_was_recorded,
        documents_that_are_not_valid_are_refused,
        m3_macros_have_a_size_and_no_control_bytes,
        m4_reserved_names_are_refused,
    ])
