#!/bin/sh
# SPDX-License-Identifier: MIT
# Every source file says its licence in its first line (the second after #!).
. "${top_srcdir:?}/tests/lint/lint.sh"

find . \( -name 'build*' -o -name var -o -name .git -o -name autom4te.cache -o -name '_build*' -o -name _inst -o -path './*-[0-9]*' \) -prune -o \
	-type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.am' -o -name '*.sql' -o -name '*.css' -o -name '*.js' \
	-o -name '*.in' -o -name configure.ac -o -name quickstart -o -path ./.ci/run \) -print |
	grep -v -e '^\./Makefile\.in$' -e '^\./config\.h\.in$' | while read -r file; do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file: no SPDX line"
done | conclude
