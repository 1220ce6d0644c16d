#!/bin/sh
# SPDX-License-Identifier: MIT
# README makes eight promises, and each names the tests that hold it: they exist and are run.
. "${top_srcdir:?}/tests/lib/common.sh"
readme=$top_srcdir/README

# promises: the lines of that section.
promises() {
	awk '/^What is promised$/ { inside = 1; next } inside && /^Not promised/ { exit } inside' "$readme"
}

# names N: the tests that promise N names.
names() {
	promises | awk -v number="$1." '/^[0-9]+\. / { mine = $1 == number } mine { for (i = 1; i <= NF; i++) if ($i ~ /^tests\//) print $i }'
}

[ "$(promises | grep -cE '^[0-9]+\. ')" -eq 8 ] || fail "README does not make eight promises"
for number in 1 2 3 4 5 6 7 8; do
	[ -n "$(names "$number")" ] || fail "promise $number names no test"
	for name in $(names "$number"); do
		[ -x "$top_srcdir/$name" ] || fail "promise $number names $name, which is no test"
		grep -qF "/${name##*/}" "$top_srcdir/$(dirname "$name")"/*.am || fail "promise $number names $name, which is not run"
	done
done
