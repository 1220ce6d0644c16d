# SPDX-License-Identifier: MIT
"""Requests that are refused before anything is fetched; for test-bad-input.sh."""
import itertools
import json
import os
import re
import urllib.parse

from bad_input import (FIXTURES, JSON, Unchanged, apache, check_message, complain, conclude, count, fill, nginx, refused,
                       table)

LIST = "/rida/module-builds/"
PLACES = {"LIST": LIST, "WAITING": LIST + "42", "FAILED": LIST + "43", "DONE": LIST + "44", "OTHERS": LIST + "45",
          "GOOD": "https://good.example/modules/foo.git?#" + "a" * 40}
WORDS = "SCM URL|the URL|scm_allow|commit|repository|JSON|scmurl"  # one of these is in each refusal of an SCM URL
SECTIONS = table("bad-requests.txt")


def run_section(name, fronts=(nginx, apache)):
    with Unchanged(name):
        for line in SECTIONS[name]:
            where, status, pattern, method, path = line[:5]
            body = fill(line[5], PLACES) if len(line) > 5 else None
            headers = dict(JSON)
            for header in line[6:]:
                key, _, value = header.partition(": ")
                headers[key] = fill(value, PLACES)
            request = (fill(method, PLACES), fill(path, PLACES), body, headers)
            for front in fronts:
                answer = refused(front, where, status, pattern, request)
                count(name)
                if answer and status == "501" and not re.fullmatch(pattern, answer.headers.get("allow", "")):
                    complain("%s through %s: Allow: %s" % (where, front.name, answer.headers.get("allow")))


def s1_s2_s3_scm_urls_get_their_verdict():
    """The corpus of SCM URLs, each as the scmurl of a submission."""
    statuses = {"malformed": 400, "forbidden": 403}
    with Unchanged("scm-urls.txt"), open(os.path.join(FIXTURES, "scm-urls.txt"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            verdict, _, url = line.rstrip("\n").partition("\t")
            if verdict not in statuses:
                continue
            # Bytes as they are: what JSON must escape, or what is no UTF-8, is refused as well.
            body = b'{"scmurl": "' + re.sub(rb'["\\\x01-\x1f]', lambda found: b"\\u%04x" % found.group()[0],
                                            fill(url, {})) + b'"}'
            refused(nginx, "scm-urls.txt:%d" % number, statuses[verdict], WORDS,
                    ("POST", LIST, body, JSON))
            count("scm-urls")


# Numbers as clients get them wrong: whether it is one from 1, from 1 to 100, of a page.
NUMBERS = ["", "-1", "-0", "+1", "1", "01", "00", "0", "2", "99", "100", "101", "1.0", "1.", ".5", "1e1", "0x1", "1_0",
           "1,1", "1;1", "%201", "1%20", "1%0a", "1%00", "%31", "a", "NaN", "inf", "null", "true", "%d9%a1", "%ef%bc%91",
           "%c2%b2", "1'", "1%22", "1--", "2147483647", "2147483648", "4294967295", "4294967296", "999999999",
           "1000000000", "1000000001", "9007199254740993", "9223372036854775807", "9223372036854775808",
           "18446744073709551615", "18446744073709551616", "1" + 30 * "0", "-1" + 30 * "0", 300 * "9", 30 * "0" + "1"]


def number_of(text):
    """The number that a text is, in the strict sense; None: it is none."""
    text = text.replace("%31", "1")
    return int(text) if re.fullmatch("[0-9]+", text) else None


def p6_numbers_at_their_limits():
    """Every integer that a request can hold, at and around its limits."""
    def wants(path, is_good, status, pattern):
        # Apache answers a NUL in the path itself.
        for front in (nginx,) if "%00" in path.partition("?")[0] else (nginx, apache):
            refused(front, path, 200 if is_good else status, pattern, ("GET", path))
            count("numbers")

    with Unchanged("numbers"):
        for text in NUMBERS:
            number = number_of(text)
            is_bad_text = "%00" in text
            words = "parameter" if is_bad_text else "^page: "
            wants(LIST + "?page=" + text, number is not None and number > 0, 400, words)
            wants(LIST + "?per_page=" + text, number is not None and 1 <= number <= 100, 400, words.replace("page", "per_page"))
            wants(LIST + "?page=" + text + "&per_page=100&state=done&verbose=1", number is not None and number > 0, 400, words)
            wants(LIST + "?state=" + text, not text or number is not None and number <= 6, 400,
                  words.replace("page", "state"))
            for name, least, most in (("after", 0, 2 ** 64 - 1), ("limit", 1, 1000), ("build", 1, 2 ** 64 - 1)):
                is_none = name == "build" and not text
                wants("/rida/events?%s=%s" % (name, text), is_none or number is not None and least <= number <= most, 400,
                      words.replace("page", name))
            if text:
                wants(LIST + text, number is not None and 42 <= number <= 45, "404|400", "no (such )?build|valid HTTP")
                wants(LIST + "44/logs/foo/" + text + "/build.log", False, "404|400", "no such log|nothing at|valid HTTP")


# What may not get anywhere from a name, alone or around something harmless.
PIECES = ["../", "/../etc/passwd", "..", "\n", "\r\n", "\t", "\x1b[31m", "\x7f", "%", "%(touch canary)", "%{lua:os.exit()}",
          "%dist", "$(id)", "`id`", "'", '"', "' OR '1'='1", "\\", ";", "|", "&", "<script>", ">", " ", ":", "*", "?", "[", "]",
          "{", "}", "{{7*7}}", "#", "!", "^", "=", ",", "\u00e9", "\u202e", "\U0001f600", "@", "@{", "--upload-pack=id", "a" * 1900]
FRAMES = ["%s", "a%s", "%sa", "a%sb", "-%s"]


def m1_hostile_names_reach_nothing():
    """Names of repositories, branches and documents in scmurl; of components and files in URLs; in filters."""
    elsewhere = "https://elsewhere.example/modules/"
    with Unchanged("names"):
        for piece, frame in itertools.product(PIECES, FRAMES):
            name = frame.replace("%s", piece)
            escaped = urllib.parse.quote(name, safe="")
            status = "400|403" if re.fullmatch("[A-Za-z0-9._/+~#?-]*", name) else "400"
            for url in (elsewhere + name + ".git", elsewhere + "foo.git?#" + name, elsewhere + "foo.git/" + name + ".yaml",
                        elsewhere + name + "/foo.git", "https://" + name + "/foo.git"):
                body = json.dumps({"scmurl": url}).encode()
                refused(nginx, url[:200], status, WORDS, ("POST", LIST, body, JSON))
            for path in (LIST + "44/logs/" + escaped + "/1/build.log", LIST + "44/logs/foo/1/" + escaped, LIST + escaped):
                refused(nginx, path, "404|400", "no such|nothing at|valid HTTP|too long", ("GET", path))
            for field in ("name", "stream", "owner"):
                answer = nginx.ask("GET", LIST + "?" + field + "=" + escaped)
                if answer.status != 200 or answer.body.strip() != b"[]":
                    complain("%s=%s: %s" % (field, escaped, answer.text()))
            count("names", 11)


ELSEWHERE = b'{"scmurl": "https://elsewhere.example/foo.git"}'
LENGTH = len(ELSEWHERE)
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (LENGTH, ELSEWHERE)
# Headers and body of a POST, and the statuses that do: 403 is what the submission gets when it is read.
LENGTHS = [
    ("no length", b"", b"", "400|411"),
    ("no length, a body", b"", ELSEWHERE, "400|411"),
    ("the right length", b"Content-Length: %d" % LENGTH, ELSEWHERE, "403"),
    ("leading zeros", b"Content-Length: 000000%d" % LENGTH, ELSEWHERE, "403"),
    ("an empty length", b"Content-Length:", ELSEWHERE, "400|411"),
    ("minus one", b"Content-Length: -1", ELSEWHERE, "400|413"),
    ("negative", b"Content-Length: -%d" % LENGTH, ELSEWHERE, "400|413"),
    ("a plus sign", b"Content-Length: +%d" % LENGTH, ELSEWHERE, "400|413"),
    ("hexadecimal", b"Content-Length: 0x%x" % LENGTH, ELSEWHERE, "400|413"),
    ("a fraction", b"Content-Length: %d.0" % LENGTH, ELSEWHERE, "400|413"),
    ("words", b"Content-Length: many", ELSEWHERE, "400|413"),
    ("a list", b"Content-Length: %d, %d" % (LENGTH, LENGTH), ELSEWHERE, "400|413"),
    ("blanks in it", b"Content-Length: 4 7", ELSEWHERE, "400|413"),
    ("2^31", b"Content-Length: 2147483648", ELSEWHERE, "400|413|None"),
    ("2^32 and ours", b"Content-Length: %d" % ((1 << 32) + LENGTH), ELSEWHERE, "400|413|None"),
    ("2^63", b"Content-Length: 9223372036854775808", ELSEWHERE, "400|413"),
    ("2^64", b"Content-Length: 18446744073709551616", ELSEWHERE, "400|413"),
    ("2^64 and ours", b"Content-Length: %d" % ((1 << 64) + LENGTH), ELSEWHERE, "400|413"),
    ("10^30", b"Content-Length: 1" + 30 * b"0", ELSEWHERE, "400|413"),
    ("10^300", b"Content-Length: 1" + 300 * b"0", ELSEWHERE, "400|413"),
    ("twice the same", b"Content-Length: %d\r\nContent-Length: %d" % (LENGTH, LENGTH), ELSEWHERE, "400|403"),
    ("twice, another", b"Content-Length: %d\r\nContent-Length: 3" % LENGTH, ELSEWHERE, "400"),
    ("longer than the body", b"Content-Length: %d" % (LENGTH + 9), ELSEWHERE, "400|408|None"),
    ("shorter than the body", b"Content-Length: %d" % (LENGTH - 9), ELSEWHERE, "400"),
    ("zero, and a body", b"Content-Length: 0", ELSEWHERE, "400"),
    ("over the server's cap", b"Content-Length: 2000000", 2000000 * b" ", "400|413"),
    ("announced over the cap", b"Content-Length: 2000000000", b"", "400|413|None"),
    ("over our cap", b"Content-Length: 70000", 70000 * b" ", "400"),
    ("chunked", b"Transfer-Encoding: chunked", CHUNKED, "403"),
    ("chunked in single bytes", b"Transfer-Encoding: chunked",
     b"".join(b"1\r\n%c\r\n" % byte for byte in ELSEWHERE) + b"0\r\n\r\n", "403"),
    ("chunked with a trailer", b"Transfer-Encoding: chunked", CHUNKED[:-2] + b"Content-Length: 9\r\n\r\n", "403"),
    ("chunked and a length", b"Transfer-Encoding: chunked\r\nContent-Length: 3", CHUNKED, "400|403"),
    ("chunks of no size", b"Transfer-Encoding: chunked", b"zz\r\n" + ELSEWHERE, "400|413"),
    ("a negative chunk", b"Transfer-Encoding: chunked", b"-1\r\n" + ELSEWHERE, "400|413"),
    ("a huge chunk", b"Transfer-Encoding: chunked", b"ffffffffffffffff\r\n" + ELSEWHERE, "400|413"),
    ("a larger chunk still", b"Transfer-Encoding: chunked", 40 * b"f" + b"\r\n" + ELSEWHERE, "400|413"),
    ("chunks without an end", b"Transfer-Encoding: chunked", CHUNKED[:-5], "400|408|None"),
    ("chunked over our cap", b"Transfer-Encoding: chunked", b"11170\r\n" + 70000 * b" " + b"\r\n0\r\n\r\n", "400|413"),
    ("chunked over the server's cap", b"Transfer-Encoding: chunked",
     20 * (b"186a0\r\n" + 100000 * b" " + b"\r\n") + b"0\r\n\r\n", "400|413"),
    ("another encoding", b"Transfer-Encoding: gzip", ELSEWHERE, "400|501"),
    ("a chunked look-alike", b"Transfer-Encoding: xchunked\r\nContent-Length: %d" % LENGTH, ELSEWHERE, "400|501"),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked", CHUNKED, "400|501|403"),
    ("expecting 100", b"Expect: 100-continue\r\nContent-Length: %d" % LENGTH, ELSEWHERE, "403"),
    ("expecting something", b"Expect: the-unexpected\r\nContent-Length: %d" % LENGTH, ELSEWHERE, "403|417"),
    ("a header without a colon", b"Content-Length %d" % LENGTH, ELSEWHERE, "400|411"),
    ("a blank before the colon", b"Content-Length : %d" % LENGTH, ELSEWHERE, "400|411"),
    ("a NUL in a header", b"X: a\0b\r\nContent-Length: %d" % LENGTH, ELSEWHERE, "400"),
    ("a header of 100 kB", b"X: %s\r\nContent-Length: %d" % (100000 * b"x", LENGTH), ELSEWHERE, "400"),
    ("1,000 headers", b"X: y\r\n" * 999 + b"Content-Length: %d" % LENGTH, ELSEWHERE, "400|403"),
    ("an envelope in an envelope", b"Content-Length: %d" % LENGTH, ELSEWHERE + b"GET /rida/ HTTP/1.1\r\n\r\n", "403"),
]


def p8_lengths_that_are_wrong_are_refused():
    """Content-Length and its kin, as bytes on the wire, to both servers."""
    with Unchanged("lengths"):
        for what, headers, body, statuses in LENGTHS:
            data = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%s%s\r\n%s" % (
                LIST.encode(), headers, b"\r\n" if headers else b"", body)
            for front in (nginx, apache):
                # nginx asks nobody for a client that has closed its side: only what is cut short ends so.
                answer = front.raw(data, half_close="None" in statuses)
                status = str(answer.status if answer else None)
                if status not in statuses.split("|"):
                    complain("%s through %s: %s" % (what, front.name, answer and answer.text()))
                if answer and (answer.seconds > 1 or b"elsewhere" in answer.body and status != "403"):
                    complain("%s through %s: %s, %.1f s" % (what, front.name, answer.text(), answer.seconds))
                if answer and front is nginx and status != "413":
                    check_message("%s through nginx" % what, answer, ".")
                count("lengths")


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


def events_are_asked_for_in_numbers():
    run_section("events")


def unknown_urls_are_not_found():
    run_section("urls")


def unknown_methods_are_not_implemented():
    run_section("methods")


if __name__ == "__main__":
    conclude([
        s1_s2_s3_scm_urls_get_their_verdict,
        p6_numbers_at_their_limits,
        m1_hostile_names_reach_nothing,
        p8_lengths_that_are_wrong_are_refused,
        p4_bodies_that_are_no_submission_are_refused,
        p5_multipart_is_refused,
        p6_queries_that_cannot_be_read_are_refused,
        changes_that_are_none_are_refused,
        filters_say_which_of_them_is_wrong,
        events_are_asked_for_in_numbers,
        unknown_urls_are_not_found,
        unknown_methods_are_not_implemented,
    ])
