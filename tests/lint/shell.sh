#!/bin/sh
# SPDX-License-Identifier: MIT
# Every shell script can be read by a POSIX shell.
. "${top_srcdir:?}/tests/lint/lint.sh"

{
	find tests -name '*.sh'
	for script in quickstart .ci/run; do
		[ ! -e "$script" ] || echo "$script"
	done
} | while read -r script; do
	sh -n "$script" 2>&1 || echo "$script: sh -n"
done | conclude
