#!/bin/sh
# SPDX-License-Identifier: MIT
# The lints themselves: each finds the fault that is planted in a tree of its own.
set -eu
: "${top_srcdir:?}"
TREE=$(mktemp -d)
trap 'rm -rf "$TREE"' EXIT
FAULTS=0

# expect LINT WORDS: the lint ends with 1 and its findings contain the words.
expect() {
	status=0
	said=$(LINT_TREE=$TREE LINT_LIBRARIES=$TREE/lib "$top_srcdir/tests/lint/$1.sh" 2>&1) || status=$?
	case $status:$said in
	77:*) ;;
	1:*"$2"*) ;;
	*)
		echo "$1 did not find the fault: $status: $said" >&2
		FAULTS=1
		;;
	esac
	rm -rf "$TREE"
	mkdir -p "$TREE/lib/base" "$TREE/lib/model" "$TREE/lib/store" "$TREE/tests"
}

# plant FILE: from stdin.
plant() {
	cat >"$TREE/$1"
}

mkdir -p "$TREE/lib/base" "$TREE/lib/model" "$TREE/lib/store" "$TREE/tests"
echo '#include "store/db.h"' | plant lib/model/batch.c
expect layers 'lib/model/batch.c includes "store/db.h"'

echo 'int x; int *db_open(void); int *db_open(void) { return &x; }' | plant lib/store/db.c
echo 'int *db_open(void); int *batch_next(void); int *batch_next(void) { return db_open(); }' | plant lib/model/batch.c
echo 'int base; ' | plant lib/base/error.c
for room in store/db model/batch base/error; do
	${CC:-cc} -c "$TREE/lib/$room.c" -o "$TREE/lib/$room.o"
	ar rc "$TREE/lib/${room%/*}/lib${room%/*}.a" "$TREE/lib/$room.o" 2>/dev/null
done
expect rooms 'lib/model/libmodel.a calls lib/store: db_open'

{
	echo 'void f(void)'
	echo '{'
	seq 61
	echo '}'
} | plant lib/base/error.c
expect sizes 'a function of 61 lines'
seq 601 | plant lib/base/error.c
expect sizes 'more than 600 lines'
seq 151 | plant lib/base/error.h
expect sizes 'more than 150 lines'
seq 13 | sed 's/.*/int f&(void);/' | plant lib/base/error.h
expect sizes '13 public functions'
printf 'int f(int a, int b, int c, int d,\n      int e, int f, int g);\n' | plant lib/base/error.h
expect sizes 'has 7 parameters'

echo '	strcpy(a, b);' | plant lib/base/error.c
expect words 'a banned function'
echo '	return getenv("X");' | plant lib/base/error.c
expect words 'the environment belongs to main'
echo '	if (x) goto out;' | plant lib/base/error.c
expect words 'goto'

echo '	return strcmp(text, config->auth_marker) == 0;' | plant lib/base/error.c
expect secrets 'secret_is() compares secrets'

echo 'const char *s = "SELECT id FROM builds";' | plant lib/base/error.c
expect sql 'SQL outside lib/store'
printf 'x = g_strdup_printf("SELECT %%s FROM t",\n\tname);\n' | plant lib/store/list_store.c
expect sql 'a statement made of parts'
printf 'static const char head[] = SQL("SELECT ");\ng_string_append(query.sql, head);\ng_string_append(query.sql, name);\n' |
	plant lib/store/list_store.c
expect sql 'name is appended to a statement'

echo '#include <mysql.h>' | plant lib/store/db.c
echo '#include <mysql.h>' | plant lib/store/schema.c
expect doors 'has 2 doors'

echo 'int x;' | plant lib/base/error.c
expect licence 'lib/base/error.c: no SPDX line'

cp "$top_srcdir/.clang-format" "$TREE"
echo 'int  x ;' | plant lib/base/error.c
expect format 'error:'

echo 'if true; then' | plant tests/broken.sh
expect shell 'tests/broken.sh'

mkdir "$TREE/tests/fixtures"
printf 'S1 tested\nS2 defined, but not run\nlater S3 (nothing there) untested\n' | plant tests/fixtures/threats.txt
printf 's2_is_defined() {\n:\n}\nrun_tests s1_is_run\n' | plant tests/one.sh
expect threats 'begins with its number: S2 defined'
mkdir "$TREE/tests/fixtures"
echo 'S1 tested' | plant tests/fixtures/threats.txt
printf 'run_tests s1_s9_is_run\n' | plant tests/one.sh
expect threats 'begins with S9, which is no row'
exit $FAULTS
