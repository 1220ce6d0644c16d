#!/bin/sh
# SPDX-License-Identifier: MIT
# What a fetch executes, connects to and opens, as the kernel sees it.

# A name that only /etc/hosts of this test knows; "localhost" would not do, libcurl knows it by itself.
host=localhost
if [ -n "${RIDA_TEST_HOSTS:-}" ]; then
	rm -f "$RIDA_TEST_HOSTS"
	host=git.test
elif unshare -rm true 2>/dev/null; then
	RIDA_TEST_HOSTS=$(mktemp)
	export RIDA_TEST_HOSTS
	echo "127.0.0.1 localhost git.test" >"$RIDA_TEST_HOSTS"
	# shellcheck disable=SC2016
	exec unshare -rm sh -c 'mount --bind "$RIDA_TEST_HOSTS" /etc/hosts && exec sh "$0"' "$0"
fi
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/scm.sh"
need_strace

mkdir -p "$T/files"
echo "document: modulemd" >"$T/files/foo.yaml"
first=$(make_repo "$repos/modules/foo.git" "$T/files")
start_servers
git=git://$host:$GIT_PORT
http=http://$host:$(port_of http)
old=git://$host:$(port_of old)

# traced CALLS URL: the fetch's system calls of these kinds are in $T/trace.
traced() {
	rm -f "$T/trace"
	strace -f -Y -qq -s 4096 -e signal=none -e trace="$1" -o "$T/trace" "$probe_program" -w "$work" -a "$git/" -a "$http/" \
		-a "$old/" "$2" hash list read foo.yaml 100 export "$T" 10000 >"$T/answer" || fail "$2: $(cat "$T/answer")"
	rm "$T/foo.yaml"
	[ -s "$T/trace" ] || fail "nothing was traced"
}

each_way() {
	for url in "$git/modules/foo.git?#$first" "$git/modules/foo.git?#master" "$old/modules/foo.git?#$first" \
		"$http/good/modules/foo.git?#$first" "$http/good/modules/foo.git?#master"; do
		traced "$1" "$url"
		"$2" "$url"
	done
}

# The probe itself, git by its path, and git's helpers from its own folder.
only_git_is_executed() {
	helpers=$(git --exec-path)
	sed -n '/ = -1 /d; s/^[0-9]*<[^>]*> *execve("\([^"]*\)".*/\1/p' "$T/trace" >"$T/executed"
	grep -q '^/usr/bin/git$' "$T/executed" || fail "$1: git was not seen: $(cat "$T/trace")"
	if grep -v -x -e "$probe_program" -e /usr/bin/git -e "$helpers/git" -e "$helpers/git-remote-https\?" "$T/executed"; then
		fail "$1: something else was executed"
	fi
}

s3_only_git_and_its_helpers_are_executed() {
	each_way execve only_git_is_executed
}

# The lines of git and its helpers: neither the probe's nor those of its thread that asks for addresses.
of_git() {
	grep '^[0-9]*<git' "$T/trace" >"$T/of-git" || fail "git was not seen"
	! grep -v -e '^[0-9]*<git' -e '^[0-9]*<scm_probe>' -e '^[0-9]*<resolve>' "$T/trace" || fail "somebody else was seen"
}

# git itself asks no name service, so the address cannot change after it was vetted.
git_resolves_no_name() {
	of_git
	if grep -e '/etc/hosts"' -e resolv.conf -e 'sin_port=htons(53)' -e nscd -e resolve1 "$T/of-git"; then
		fail "$1: git asked for an address"
	fi
}

s6_git_resolves_no_name() {
	each_way openat,connect git_resolves_no_name
}

# Of the account, git reads nothing.
git_reads_nothing_of_the_account() {
	of_git
	if grep -v ENOENT "$T/of-git" | grep -e '"/root' -e "\"$HOME" -e gitconfig -e netrc -e git-credentials; then
		fail "$1: git read what belongs to the account"
	fi
}

s7_git_reads_nothing_of_the_account() {
	HOME=$T/home
	export HOME
	mkdir -p "$HOME/.config/git"
	: >"$HOME/.gitconfig" >"$HOME/.config/git/config" >"$HOME/.netrc" >"$HOME/.git-credentials"
	each_way open,openat,access,stat,newfstatat git_reads_nothing_of_the_account
}

run_tests s3_only_git_and_its_helpers_are_executed \
	s6_git_resolves_no_name \
	s7_git_reads_nothing_of_the_account
