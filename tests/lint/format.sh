#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-format has nothing to change.
. "${top_srcdir:?}/tests/lint/lint.sh"

command -v clang-format >/dev/null || {
	echo "clang-format is missing" >&2
	[ -z "${CI:-}" ] || exit 1
	exit 77
}
sources lib cgi scheduler client tests | xargs -r clang-format --dry-run -Werror 2>&1 |
	grep -E 'error:' | conclude
