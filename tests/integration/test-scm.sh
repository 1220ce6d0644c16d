#!/bin/sh
# SPDX-License-Identifier: MIT
# Commits are fetched and read over git's protocol and over HTTP; what goes wrong is told apart.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/scm.sh"

mkdir -p "$T/files/SPECS"
echo "document: modulemd" >"$T/files/foo.yaml"
echo "Name: foo" >"$T/files/SPECS/foo.spec"
printf 'a\0b' >"$T/files/binary file"
: >"$T/files/empty"
chmod 755 "$T/files/empty"
first=$(make_repo "$repos/modules/foo.git" "$T/files")
echo "document: second" >"$T/files/foo.yaml"
second=$(GIT_COMMITTER_DATE='1500000000 +0200' make_repo "$repos/modules/foo.git" "$T/files")
echo "document: third" >"$T/files/foo.yaml"
third=$(make_repo "$repos/modules/foo.git" "$T/files")
test_git --git-dir="$repos/modules/foo.git" branch f36 "$first"
test_git --git-dir="$repos/modules/foo.git" branch feature/x "$first"
test_git --git-dir="$repos/modules/foo.git" tag -a -m tag v1 "$first"
tag=$(test_git --git-dir="$repos/modules/foo.git" rev-parse v1)
missing=ffffffffffffffffffffffffffffffffffffffff
start_servers
foo=$GIT_URL/modules/foo.git

a_full_commit_is_fetched() {
	gives "$first" "$foo?#$first" hash
	gives "$second" "$foo/foo.yaml?#$second" hash
	gives "$first" "$HTTP_URL/good/modules/foo.git?#$first" hash
}

a_branch_is_its_head_and_master_is_the_default() {
	gives "$third" "$foo" hash
	gives "$third" "$foo?#master" hash
	gives "$first" "$foo?#f36" hash
	gives "$first" "$foo?#feature/x" hash
	gives "$first" "$HTTP_URL/good/modules/foo.git?#f36" hash
}

the_time_is_the_committers() {
	wanted=$(test_git --git-dir="$repos/modules/foo.git" log -1 --format=%ct "$first")
	gives "${wanted}000000" "$foo?#$first" time
}

files_are_read_as_they_are() {
	gives "document: modulemd" "$foo?#$first" read foo.yaml 1000
	gives "Name: foo" "$foo?#$first" read SPECS/foo.spec 1000
	gives "" "$foo?#$first" read empty 0
	gives "document: modulemd
document: modulemd" "$foo?#$first" read foo.yaml 19 read foo.yaml 19
	refuses unacceptable 'foo.yaml .* is 19 bytes long; 18 are allowed' "$foo?#$first" read foo.yaml 18
}

the_top_is_listed() {
	gives "other 0 SPECS
regular 3 binary file
regular 0 empty
regular 19 foo.yaml" "$foo?#$first" list
}

regular_files_are_exported() {
	mkdir "$T/out"
	gives "" "$foo?#$first" export "$T/out" 1000
	[ "$(ls "$T/out")" = "binary file
empty
foo.yaml" ] || fail "exported: $(ls "$T/out")"
	cmp "$T/out/binary file" "$T/files/binary file"
	[ "$(stat -c %a "$T/out/empty")" = 644 ] || fail "the mode of an exported file"
	refuses unavailable 'written down: File exists' "$foo?#$first" export "$T/out" 1000
	rm -r "$T/out"
}

what_is_missing_is_told_apart() {
	refuses unacceptable 'no branch "f99"; push it' "$foo?#f99" hash
	refuses unacceptable 'no branch "v1"' "$foo?#v1" hash
	refuses unacceptable "no commit $missing; perhaps it was not pushed" "$foo?#$missing" hash
	refuses unacceptable "no commit $missing; perhaps" "$HTTP_URL/good/modules/foo.git?#$missing" hash
	refuses unacceptable 'bar.git does not exist on its server' "$GIT_URL/modules/bar.git?#$first" hash
	refuses unacceptable 'bar.git does not exist on its server' "$HTTP_URL/good/modules/bar.git" hash
	refuses unacceptable "is a tag; name the commit that it points to, $first" "$foo?#$tag" hash
	refuses missing "no file bar.yaml at $first" "$foo?#$first" read bar.yaml 1000
	refuses missing "no file SPECS/x.spec" "$foo?#$first" read SPECS/x.spec 1000
	refuses missing "no file NO/x.spec" "$foo?#$first" read NO/x.spec 1000
}

servers_that_are_away_are_not_the_packagers_fault() {
	port=$(free_port)
	refuses unavailable 'try again later' -a "git://127.0.0.1:$port/" "git://127.0.0.1:$port/foo.git" hash
	refuses unavailable 'try again later' -a "http://127.0.0.1:$port/" "http://127.0.0.1:$port/foo.git" hash
	refuses unavailable 'no-such-host.invalid cannot be found' -a git://no-such-host.invalid/ \
		git://no-such-host.invalid/foo.git hash
	refuses unavailable 'try again later' "$HTTP_URL/broken/foo.git" hash
}

a_server_that_refuses_a_bare_commit_is_asked_for_its_heads() {
	old=git://127.0.0.1:$(port_of old)
	gives "$first
document: modulemd" -a "$old/" "$old/modules/foo.git?#$first" hash read foo.yaml 1000
	gives "$second
document: second" -a "$old/" "$old/modules/foo.git?#$second" hash read foo.yaml 1000
	gives "$third" -a "$old/" "$old/modules/foo.git?#master" hash
	refuses unacceptable "no commit $missing; perhaps" -a "$old/" "$old/modules/foo.git?#$missing" hash
}

a_repository_of_long_hashes_is_read() {
	test_git init -q --bare --object-format=sha256 "$repos/modules/long.git"
	long=$(make_repo "$repos/modules/long.git" "$T/files")
	[ ${#long} -eq 64 ] || fail "git made $long"
	gives "$long
document: third" "$GIT_URL/modules/long.git?#$long" hash read foo.yaml 1000
	refuses unacceptable 'name a full commit instead' "$GIT_URL/modules/long.git" hash
}

an_empty_repository_has_no_branch() {
	test_git init -q --bare "$repos/modules/empty.git"
	refuses unacceptable 'no branch "master"' "$GIT_URL/modules/empty.git" hash
}

an_old_commit_with_odd_dates_passes() {
	tree=$(test_git --git-dir="$repos/modules/foo.git" rev-parse "$first^{tree}")
	odd=$(printf 'tree %s\nauthor <a@example.org> 1 +051800\ncommitter C<c@example.org> 1400000000 +051800\n\nx\n' "$tree" |
		test_git --git-dir="$repos/modules/foo.git" hash-object -t commit -w --literally --stdin)
	test_git --git-dir="$repos/modules/foo.git" update-ref refs/heads/odd "$odd"
	gives "1400000000000000" "$foo?#odd" time
}

twenty_at_once_do_not_disturb_each_other() {
	probe -n 20 "$foo?#$first" hash || fail "$(cat "$T/answer")"
	[ "$(sort "$T/answer" | uniq -c | tr -s ' ')" = " 20 $first" ] || fail "$(cat "$T/answer")"
}

what_a_killed_process_left_is_removed_later() {
	mkfifo "$T/in"
	"$probe_program" -w "$work" -a "$GIT_URL/" "$foo" wait <"$T/in" >"$T/answer" &
	pid=$!
	remember "$pid"
	exec 9>"$T/in"
	wait_for 10 grep -q ready "$T/answer" || fail "the probe did not start"
	touch -d '1 hour ago' "$work"/scm-*
	gives "$third" "$foo" hash
	[ "$(ls "$work" | wc -l)" -eq 1 ] || fail "the folder of a live process was removed"
	kill -9 "$pid"
	wait "$pid" || :
	exec 9>&-
	gives "$third" "$foo" hash
}

run_tests a_full_commit_is_fetched \
	a_branch_is_its_head_and_master_is_the_default \
	the_time_is_the_committers \
	files_are_read_as_they_are \
	the_top_is_listed \
	regular_files_are_exported \
	what_is_missing_is_told_apart \
	servers_that_are_away_are_not_the_packagers_fault \
	a_server_that_refuses_a_bare_commit_is_asked_for_its_heads \
	a_repository_of_long_hashes_is_read \
	an_empty_repository_has_no_branch \
	an_old_commit_with_odd_dates_passes \
	twenty_at_once_do_not_disturb_each_other \
	what_a_killed_process_left_is_removed_later
