#!/bin/sh
# SPDX-License-Identifier: MIT
# The long forms of tests of which "make check" runs a selection, by the rows of threats that they hold:
#
#	make torture                            all rows once
#	make torture ROWS='R06 K02' SEED=7      these, which begin as said; with other moments, cuts and mutants
#	make torture TIME=3600                  again and again for so many seconds, each time with the next seed
#
# A line for each: row, done/total, violations. Whoever fails is told with the end of what it said.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
seed=${SEED:-1}
until=$(($(date +%s) + ${TIME:-0}))
said=$(mktemp)
trap 'rm -f "$said"' EXIT
trap 'exit 1' INT TERM
failed=0

# wanted ROW: one of ROWS is what it begins with.
wanted() {
	[ -n "${ROWS:-}" ] || return 0
	for row in $ROWS; do
		case $1 in "$row"*) return 0 ;; esac
	done
	return 1
}

# torture ROW COMMAND...: prints the lines that it says of its row, or that it failed.
torture() {
	row=$1
	shift
	wanted "$row" || return 0
	status=0
	env CI=yes RIDA_TORTURE=yes RIDA_TEST_SEED="$seed" KOJI_SEED="$seed" "$@" >"$said" 2>&1 || status=$?
	grep -Eo "$row[^ ]* [0-9]+/[0-9]+ [0-9]+( violations)?" "$said" | sed 's/ violations$//; s/$/ violations/' || :
	[ "$status" -eq 0 ] || {
		failed=1
		echo "$row FAILED with seed $seed:"
		tail -n 20 "$said"
	}
}

while :; do
	torture K01-codec env RIDA_TEST_CUTS=all RIDA_TEST_MUTANTS=1000 "$top_builddir/tests/unit/text/test_xmlrpc_damage"
	torture K01-wire "$top_srcdir/tests/integration/test-koji-cuts.sh"
	torture K02-codec env RIDA_TEST_MUTANTS=100000 "$top_builddir/tests/unit/text/test_xmlrpc_damage"
	torture K02-slots env RIDA_KOJI_CASES=100000 "$top_builddir/tests/unit/ports/test_koji_nonsense"
	torture R06-submit "$top_srcdir/tests/integration/test-koji-lost.sh"
	torture R06-scheduler "$top_srcdir/tests/integration/test-koji-kill.sh"
	torture D03 "$top_srcdir/tests/torture/test-db-errors.sh"
	seed=$((seed + 1))
	[ "$(date +%s)" -lt "$until" ] || break
done
exit "$failed"
