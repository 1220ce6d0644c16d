#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D03 over requests to the web: submissions, changes and questions, with one database error at one
statement (db_row.py). Whatever is answered is right, or says to come back and has left nothing half
done; the same request again is answered as if nothing had been.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from db_row import Row, T  # noqa: E402
from fastcgi import Pool  # noqa: E402
from truth import check_descriptors  # noqa: E402

GIT, COMMIT = os.environ["GIT_URL"], os.environ["COMMIT"]
PER_BUILD = ("trace", "outbox", "claims", "build_views", "components", "modulemds", "requests", "warnings")
BUILDS = "/rida/module-builds/"
JSON = {"CONTENT_TYPE": "application/json"}


class Service(Row):
    """The row, and the two pools in front of it."""

    def __init__(self):
        super().__init__()
        self.read, self.submit = Pool(f"{T}/run/read.sock"), Pool(f"{T}/run/submit.sock")
        self.number = 0

    def post(self, repository, file, key=None):
        body = json.dumps({"scmurl": f"{GIT}/{repository}.git/{file}.yaml?#{COMMIT}"})
        parameters = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        return self.submit.ask("POST", BUILDS, body, **JSON, **parameters)

    def fresh(self):
        """The name of a module that nobody has submitted."""
        self.number += 1
        name = f"m{self.number}"
        os.symlink("tiny.git", f"{T}/git/{name}.git")
        return name

    def contents(self, build):
        """What the database holds of the build, to be compared with others like it."""
        found = {table: self.sql(f"SELECT COUNT(*) FROM {table} WHERE build_id = %s", build) for table in PER_BUILD}
        found["build"] = self.sql("SELECT state, gen, event_seq, verification, epoch FROM builds WHERE id = %s", build)
        found["trace"] = self.sql("SELECT seq, from_state, to_state FROM trace WHERE build_id = %s ORDER BY seq", build)
        return found

    def look_at_end(self):
        assert check_descriptors(T) >= 2, "no pool is there"

    def builds_of(self, name):
        return [id for id, in self.sql("SELECT id FROM builds WHERE name = %s", name)]

    def requests_of(self, build):
        return len(self.sql("SELECT id FROM requests WHERE build_id = %s", build))


class Trial:
    keeps = True

    def prepare(self, service):
        pass

    def come_back(self, service, first):
        """The answer, asked for again where that is what the first one says."""
        if first is not None and first.status != 503:
            return first
        assert first is None or first.header("retry-after"), f"503 without Retry-After: {first.text}"
        return self.ask(service)


class Submission(Trial):
    """A module is submitted: the status of the answer, and of the same again."""
    status, again, file, has_key = 201, 409, "tiny", False

    def prepare(self, service):
        self.name = service.fresh()
        self.key = f"key-{self.name}" if self.has_key else None

    def ask(self, service):
        return service.post(self.name, self.file, self.key)

    def check(self, service, first):
        builds = service.builds_of(self.name)
        assert first.status != 503 or not builds, f"503 has left builds {builds}"
        answer = self.come_back(service, first)
        builds = service.builds_of(self.name)
        assert answer.status == self.status and len(builds) == 1, f"{answer.status} {answer.text}, builds {builds}"
        assert json.loads(answer.text)["id"] == builds[0], f"{answer.text}, builds {builds}"
        end = service.contents(builds[0])
        again = self.ask(service)
        assert again.status == self.again, f"the same again: {again.status} {again.text}"
        assert again.status == 409 or json.loads(again.text)["id"] == builds[0], f"the same again: {again.text}"
        return end


class KeyedSubmission(Submission):
    has_key, again = True, 201


class Rejection(Submission):
    status, again, file = 422, 201, "bad"


class KeyedRejection(Rejection):
    has_key, again = True, 422


class Resumption(Submission):
    """A build that failed is submitted again."""

    def prepare(self, service):
        super().prepare(service)
        self.build = json.loads(service.post(self.name, "bad").text)["id"]

    def check(self, service, first):
        assert first.status != 503 or not service.requests_of(self.build), "503 has left a request"
        answer = self.come_back(service, first)
        assert answer.status == 201 and json.loads(answer.text)["id"] == self.build, answer.text
        assert service.requests_of(self.build) == 1, f"{service.requests_of(self.build)} requests"
        return service.contents(self.build)


class KeyedResumption(Resumption):
    has_key = True


class Refusal(Submission):
    """A module that is tracked is submitted again."""

    def prepare(self, service):
        super().prepare(service)
        assert service.post(self.name, "tiny").status == 201

    def check(self, service, first):
        answer = self.come_back(service, first)
        assert answer.status == 409, f"{answer.status} {answer.text}"
        return service.contents(service.builds_of(self.name)[0])


class Cancel(Trial):
    """A build is cancelled."""

    def prepare(self, service):
        self.build = json.loads(service.post(service.fresh(), "tiny").text)["id"]

    def ask(self, service):
        return service.read.ask("PATCH", f"{BUILDS}{self.build}", '{"state": "failed"}', **JSON)

    def check(self, service, first):
        answer = self.come_back(service, first)
        assert answer.status == 202, f"{answer.status} {answer.text}"
        assert service.requests_of(self.build) == 1, f"{service.requests_of(self.build)} requests"
        return service.contents(self.build)


class Question(Trial):
    """Something is read: what comes is right, or says to come back, or breaks off for all to see."""
    parameters = {}

    def ask(self, service):
        try:
            return service.read.ask("GET", BUILDS + self.query, **self.parameters)
        except ConnectionError:
            return None

    def check(self, service, first):
        answer = self.come_back(service, first)
        assert answer.status == 200, f"{answer.status} {answer.text}"
        return self.read(service, answer.text)


class List(Question):
    query, where = "?verbose=true", "TRUE ORDER BY id"

    def read(self, service, text):
        listed = [build["id"] for build in json.loads(text)]
        there = [id for id, in service.sql(f"SELECT id FROM builds WHERE {self.where}")]
        assert listed == there, f"{len(listed)} listed of {len(there)}"


class PagedList(List):
    query, where = "?per_page=3&page=2&state=0", "state = 0 ORDER BY id LIMIT 3 OFFSET 3"


class Build(Question):
    def read(self, _service, text):
        return text


class BuildPage(Build):
    parameters = {"HTTP_ACCEPT": "text/html"}


class ListPage(BuildPage):
    query = ""

    def read(self, _service, text):
        return text.endswith("</html>\n")


def main():
    service = Service()
    Build.query = str(json.loads(service.post(service.fresh(), "tiny").text)["id"])
    service.sql("UPDATE builds SET state = 4, event_seq = event_seq + 1, gen = gen + 1, submitted_at = '2020-01-01', "
                "modified_at = '2020-01-02', completed_at = '2020-01-02' WHERE id = %s", Build.query)
    service.sql("UPDATE trace SET at = '2020-01-01' WHERE build_id = %s", Build.query)
    trials = (Submission, KeyedSubmission, Rejection, KeyedRejection, Resumption, KeyedResumption, Refusal, Cancel,
              List, PagedList, Build, BuildPage, ListPage)
    service.run("D03-web", {trial.__name__: trial() for trial in trials})


main()
