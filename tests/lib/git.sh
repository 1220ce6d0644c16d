# SPDX-License-Identifier: MIT
# Repositories made from plain files, and a git daemon on a port of 127.0.0.1.

# test_git ARGUMENT...: git without this account's settings, as a fixed person.
test_git() {
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=$T \
		GIT_AUTHOR_NAME=Packager GIT_AUTHOR_EMAIL=packager@example.org \
		GIT_COMMITTER_NAME=Packager GIT_COMMITTER_EMAIL=packager@example.org \
		git -c init.defaultBranch=master -c gc.auto=0 -c safe.directory='*' "$@"
}

# make_repo REPOSITORY.git FOLDER: commits the folder's files to the bare repository, which is made
# when it is missing. Prints the commit; unchanged files make no new one.
make_repo() {
	need git
	[ -d "$1" ] || test_git init -q --bare "$1"
	test_git --git-dir="$1" --work-tree="$2" add -A -f .
	if ! test_git --git-dir="$1" rev-parse -q --verify HEAD >/dev/null ||
		! test_git --git-dir="$1" --work-tree="$2" diff --cached --quiet HEAD; then
		test_git --git-dir="$1" --work-tree="$2" commit -q -m "${3:-files}"
	fi
	test_git --git-dir="$1" rev-parse HEAD
}

# start_git_daemon BASE: serves what is below; sets GIT_PORT and GIT_URL (without a slash at its end).
# RIDA_GIT_HOST: an address of this machine, 127.0.0.1 without it.
start_git_daemon() {
	need git
	GIT_PORT=${GIT_PORT:-$(free_port)}
	GIT_HOST=${RIDA_GIT_HOST:-127.0.0.1}
	GIT_URL=git://$GIT_HOST:$GIT_PORT
	launch git-daemon env GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' HOME="$T" \
		git daemon --reuseaddr --listen="$GIT_HOST" --port="$GIT_PORT" --base-path="$1" --export-all "$1"
	GIT_DAEMON_PID=$LAUNCHED
	wait_for 10 git_daemon_answers || fail "git daemon did not start: $(launched_log git-daemon)"
	export GIT_PORT GIT_URL GIT_DAEMON_PID
}

git_daemon_answers() {
	! port_is_free "$GIT_PORT"
}

# write_tiny_document FOLDER [NAME [LINES]]: the smallest document of a module, $T/FOLDER/NAME.yaml, with these lines below its data.
write_tiny_document() {
	mkdir -p "$T/$1"
	printf 'document: modulemd\nversion: 2\ndata:\n  summary: s\n  description: d\n  license: {module: [MIT]}\n%s\n' \
		"${3:-}" >"$T/$1/${2:-$1}.yaml"
}

# serve_tiny: the smallest module from a git daemon; exports GIT_URL and COMMIT.
serve_tiny() {
	write_tiny_document tiny
	COMMIT=$(make_repo "$T/git/tiny.git" "$T/tiny")
	start_git_daemon "$T/git"
	export COMMIT GIT_URL
}
