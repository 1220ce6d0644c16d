# SPDX-License-Identifier: MIT
# What the tests of the local builder share. Sourced after env.sh.

LOCAL_KEY_UUID=0d2f7c5e-1111-4222-8333-444455556666
LOCAL_BUILD=$T/local/state/builds/$LOCAL_KEY_UUID
LOCAL_REPO=$T/local/repos/greetings-main-20260101000000-00000000

# start_local: repositories and a document for drive; sets LOCAL_MACROS, the first component.
start_local() {
	need bwrap rpmbuild createrepo_c modifyrepo_c git prlimit
	mkdir -p "$T/git/rpms" "$T/local"
	start_git_daemon "$T/git"
	LOCAL_MACROS='module-build-macros|1||'
	cat >"$T/local/modulemd.yaml" <<-'END'
		document: modulemd
		version: 2
		data:
		  name: greetings
		  stream: main
		  version: 20260101000000
		  context: "00000000"
		  summary: Greetings
		  description: Greetings
		  license: {module: [MIT]}
		  profiles: {default: {rpms: [greet, greet-letter]}}
		  filter: {rpms: [hidden]}
		  buildopts: {rpms: {macros: "%author_macro written"}}
		  components: {rpms: {greet: {rationale: Greets.}}}
	END
}

# drive ARGUMENT...: the local builder, see tests/stub/drive_local.c.
drive() {
	"$top_builddir/tests/stub/drive_local" --base "$T/local" --job "$top_builddir/scheduler/rida-job" \
		--modulemd "$T/local/modulemd.yaml" --allow "$GIT_URL/" \
		--lookaside "http://127.0.0.1:${LOOKASIDE_PORT:-1}/lookaside/{name}/{filename}/{hashtype}/{hash}/{filename}" "$@"
}

# component NAME BATCH [complete]: an argument for drive; the repository's master is its commit.
component() {
	commit=$(test_git --git-dir="$T/git/rpms/$1.git" rev-parse master)
	echo "$1|$2|$GIT_URL/rpms/$1.git|$commit${3:+|$3}"
}

# package NAME: a repository whose spec has the body on stdin after the usual tags; prints nothing.
package() {
	mkdir -p "$T/package/$1"
	{
		printf 'Name: %s\nVersion: 1\nRelease: 1%%{?dist}\nSummary: %s\nLicense: MIT\n' "$1" "$1"
		cat
	} >"$T/package/$1/$1.spec"
	make_repo "$T/git/rpms/$1.git" "$T/package/$1" >/dev/null
}

# build_log NAME [ATTEMPT]: the path of its log.
build_log() {
	echo "$T/local/logs/7/$1/${2:-1}/build.log"
}

# expect WORDS FILE: the file has a line with these words.
expect() {
	grep -qe "$1" "$2" || fail "no \"$1\" in $2: $(tail -n 30 "$2")"
}
