# SPDX-License-Identifier: MIT
"""Requests that are refused before anything is fetched; for test-bad-input.sh."""
import re

from bad_input import JSON, Front, Unchanged, apache, complain, conclude, count, fill, nginx, note_time, refused, table

LIST = "/rida/module-builds/"
PLACES = {"LIST": LIST, "WAITING": LIST + "42", "FAILED": LIST + "43", "DONE": LIST + "44", "OTHERS": LIST + "45",
          "GOOD": "https://good.example/modules/foo.git?#" + "a" * 40}
SECTIONS = table("bad-requests.txt")


def run_section(name, fronts=(nginx, apache)):
    with Unchanged(name):
        for line in SECTIONS[name]:
            where, status, pattern, method, path = line[:5]
            body = fill(line[5], PLACES) if len(line) > 5 else None
            headers = dict(JSON)
            if len(line) > 6:
                key, _, value = line[6].partition(": ")
                headers[key] = fill(value, PLACES)
            request = (fill(method, PLACES), fill(path, PLACES), body, headers)
            for front in fronts:
                answer = refused(front, where, status, pattern, request)
                count(name)
                if answer and status == "501" and not re.fullmatch(pattern, answer.headers.get("allow", "")):
                    complain("%s through %s: Allow: %s" % (where, front.name, answer.headers.get("allow")))


def p4_bodies_that_are_no_submission_are_refused():
    run_section("bodies")


def p5_multipart_is_refused():
    run_section("p5_multipart")


def p6_queries_that_cannot_be_read_are_refused():
    run_section("p6_queries")


def changes_that_are_none_are_refused():
    run_section("changes")


def filters_say_which_of_them_is_wrong():
    run_section("filters")


def unknown_urls_are_not_found():
    run_section("urls")


def unknown_methods_are_not_implemented():
    run_section("methods")


if __name__ == "__main__":
    conclude([
        p4_bodies_that_are_no_submission_are_refused,
        p5_multipart_is_refused,
        p6_queries_that_cannot_be_read_are_refused,
        changes_that_are_none_are_refused,
        filters_say_which_of_them_is_wrong,
        unknown_urls_are_not_found,
        unknown_methods_are_not_implemented,
    ])
