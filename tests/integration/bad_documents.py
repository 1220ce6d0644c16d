# SPDX-License-Identifier: MIT
"""Repositories, documents and components that are refused; for test-bad-input.sh."""
import json
import os
import subprocess

from bad_input import FIXTURES, JSON, T, Unchanged, complain, conclude, count, database, fill, nginx, refused, table

GIT = os.environ["GIT_URL"]
LIST = "/rida/module-builds/"
HEAD = "document: modulemd\\nversion: 2\\ndata:\\n  summary: s\\n  description: d\\n  license: {module: [MIT]}\\n"
PLACES = {"H": HEAD, "2001": "".join("      c%d: {rationale: r}\\n" % i for i in range(2001))}
SECTIONS = table("bad-documents.txt")
# Git and the spec's sandbox are asked here.
LIMIT = 5.0


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


def run_section(name):
    """Documents that are not valid leave no build."""
    commits = Commits("modules/%s/doc" % name)
    for _, _, document in SECTIONS[name]:
        commits.add({"doc.yaml": fill(document, PLACES)})
    for (where, pattern, _), commit in zip(SECTIONS[name], commits.finish()):
        with Unchanged(where):
            refused(nginx, where, 422, pattern, submit("%s/modules/%s/doc.git?#%s" % (GIT, name, commit)), LIMIT)
        count(name)


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


if __name__ == "__main__":
    conclude([
        documents_that_are_not_valid_are_refused,
        m3_macros_have_a_size_and_no_control_bytes,
        m4_reserved_names_are_refused,
    ])
