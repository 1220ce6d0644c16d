#!/bin/sh
# SPDX-License-Identifier: MIT
# Symbols against the matrix of rooms: no room's library wants what only a forbidden room offers.
. "${top_srcdir:?}/tests/lint/lint.sh"
. "$top_srcdir/tests/lint/matrix.sh"
LIBRARIES=${LINT_LIBRARIES:-${top_builddir:?}/lib}
LISTS=$(mktemp -d)
trap 'rm -rf "$LISTS" "$FINDINGS"' EXIT

# symbols OPTION ROOM: the names that the room's library has defined, or wants.
symbols() {
	nm -gP "$1" "$LIBRARIES/$2/lib$2.a" 2>/dev/null | awk 'NF > 1 { print $1 }' | LC_ALL=C sort -u
}

for room in $ROOMS; do
	symbols --defined-only "$room" >"$LISTS/$room.offers"
	symbols --undefined-only "$room" >"$LISTS/$room.wants"
done
[ -s "$LISTS/base.offers" ] || {
	echo "there are no libraries in $LIBRARIES" >&2
	exit 1
}
for room in $ROOMS; do
	allowed=" $(may_use "$room") "
	for other in $ROOMS; do
		case "$allowed" in *" $other "*) continue ;; esac
		LC_ALL=C comm -12 "$LISTS/$room.wants" "$LISTS/$other.offers" |
			sed "s|^|lib/$room/lib$room.a calls lib/$other: |"
	done
done | conclude
