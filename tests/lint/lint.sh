# SPDX-License-Identifier: MIT
# What the lints share. Each looks at the tree $LINT_TREE (this one unless told otherwise) and prints
# a line per finding; with findings it ends with 1.
set -eu
LINT_TREE=${LINT_TREE:-${top_srcdir:?}}
cd "$LINT_TREE"
FINDINGS=$(mktemp)
trap 'rm -f "$FINDINGS"' EXIT

# sources FOLDER...: the C files in those folders that exist.
sources() {
	for folder; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]' -not -path '*/build/*' | sort
	done
}

# conclude: reads findings, prints them, ends.
conclude() {
	cat >"$FINDINGS"
	[ -s "$FINDINGS" ] || exit 0
	cat "$FINDINGS" >&2
	exit 1
}
