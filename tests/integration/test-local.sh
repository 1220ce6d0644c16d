#!/bin/sh
# SPDX-License-Identifier: MIT
# The local builder: the sample module's components, what they may use, what holds hostile ones.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

start_local
make_sample
serve_lookaside
start_nginx

# The whole sample: a compiled program, a lookaside source, a second batch with the first's tool and macro.
drive all "$LOCAL_MACROS" "$(component greet 2)" "$(component greet-words 2)" "$(component greet-letter 3)" \
	>"$T/all" || fail "the sample: $(cat "$T/all" "$T"/local/logs/7/*/1/*.log)"
expect '^greet closed greet-1.0-1.module+7+abcdef01' "$T/all"
expect '^greet-letter closed greet-letter-1.0-1.module+7+abcdef01' "$T/all"
for file in greet-1.0-1.module+7+abcdef01.x86_64.rpm greet-1.0-1.module+7+abcdef01.src.rpm \
	greet-letter-1.0-1.module+7+abcdef01.noarch.rpm greet-words-1.0-1.module+7+abcdef01.noarch.rpm \
	repodata/repomd.xml logs/greet/build.log modules.yaml; do
	[ -f "$LOCAL_REPO/$file" ] || fail "$file is not in the repository: $(ls -R "$LOCAL_REPO")"
done
! ls "$LOCAL_REPO" | grep -q macros || fail "module-build-macros was published"
expect '  *- greet-0:1.0-1.module+7+abcdef01.x86_64' "$LOCAL_REPO/modules.yaml"
expect '  *- greet-letter-0:1.0-1.module+7+abcdef01.noarch' "$LOCAL_REPO/modules.yaml"
label=$(rpm -qp --nosignature --dbpath "$T/none" --qf '%{MODULARITYLABEL}' "$LOCAL_REPO"/greet-1*x86_64.rpm)
[ "$label" = greetings:main:20260101000000:00000000 ] || fail "modularitylabel is $label"
! ls -d "$LOCAL_BUILD"/root* 2>/dev/null || fail "left over: $(ls "$LOCAL_BUILD")"
[ -z "$(cat "$LOCAL_BUILD"/jobs/*/supervisor.log)" ] || fail "rida-job complained: $(cat "$LOCAL_BUILD"/jobs/*/supervisor.log)"

# Dashes in names let two modules have one folder: "greetings", stream "main", may not take that of another one.
m6_another_modules_repository_is_not_touched() {
	sed -i 's/^  name: greetings$/  name: greetings-of/' "$LOCAL_REPO/modules.yaml"
	find "$LOCAL_REPO" -type f -exec sha256sum {} + | sort >"$T/published"
	! drive finish >"$T/out" 2>&1 || fail "a repository was published over another module's: $(cat "$T/out")"
	expect 'would take the place of that of the module greetings-of, stream main' "$T/out"
	drive discard >"$T/out" 2>&1 || fail "discard: $(cat "$T/out")"
	find "$LOCAL_REPO" -type f -exec sha256sum {} + | sort | cmp -s - "$T/published" || fail "it was changed"
	sed -i 's/^  name: greetings-of$/  name: greetings/' "$LOCAL_REPO/modules.yaml"
	drive discard >"$T/out" 2>&1 || fail "discard: $(cat "$T/out")"
	[ ! -e "$LOCAL_REPO" ] || fail "its own repository was not discarded"
}
run_tests m6_another_modules_repository_is_not_touched
