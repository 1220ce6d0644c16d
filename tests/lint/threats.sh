#!/bin/sh
# SPDX-License-Identifier: MIT
# Every threat of tests/fixtures/threats.txt has a test whose name begins with its number.
. "${top_srcdir:?}/tests/lint/lint.sh"
rows=tests/fixtures/threats.txt
numbers='([smpah][0-9]{1,2}_)+'

# names: the tests that are run, whose names begin with numbers: cmocka's, those that shell scripts name apart from
# defining them, and Python's functions.
names() {
	grep -rhoE "cmocka_unit_test\($numbers[a-z0-9_]+" --include='*.c' tests | sed 's/.*(//' || :
	grep -rhvE '^[a-z0-9_]+\(\)' --include='*.sh' tests | grep -oE "(^|[[:space:]])$numbers[a-z][a-z0-9_]+" |
		tr -d '[:blank:]' || :
	grep -rhoE "^def $numbers[a-z0-9_]+" --include='*.py' tests | sed 's/^def //' || :
}

[ -e "$rows" ] || exit 77
tested=$(names | grep -oE "^$numbers" | tr '_' '\n' | tr 'smpah' 'SMPAH' | sort -u)
{
	grep -vE '^(#|later |$)' "$rows" | while read -r number threat; do
		echo "$tested" | grep -qx "$number" || echo "$rows: no test has a name that begins with its number: $number $threat"
	done
	for number in $tested; do
		grep -qE "^(later )?$number " "$rows" || echo "$rows: a test's name begins with $number, which is no row"
	done
} | conclude
