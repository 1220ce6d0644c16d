#!/bin/sh
# SPDX-License-Identifier: MIT
# Macros that run commands, in everything of a module that rpm reads: the document, the author's macros, the specs.
# What they start, as the kernel sees it, is started inside of a sandbox.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"
need_strace

payloads=200
canary=$T/canary
chmod 0777 "$T"

# payload NUMBER: one of the ways in which rpm runs a command, which leaves a file.
payload() {
	case $(($1 % 10)) in
	0) echo "%(touch $canary-$1)" ;;
	1) echo "%{lua:os.execute('touch $canary-$1')}" ;;
	2) echo "%{expand:%(touch $canary-$1)}" ;;
	3) echo "%{lua:local f = io.open('$canary-$1', 'w') if f then f:close() end}" ;;
	4) echo "%{lua:rpm.expand('%(touch $canary-$1)')}" ;;
	5) echo "%{?undefined:x}%{!?undefined:%(touch $canary-$1)}" ;;
	6) echo "%{load:$canary-$1}%(touch $canary-$1)" ;;
	7) echo "%{uncompress:$canary;touch $canary-$1}" ;;
	8) echo "%{quote:%(touch $canary-$1)}" ;;
	9) echo "%{lua:posix.mkdir('$canary-$1')}" ;;
	esac
}

# Macros that rpm itself uses are the author's to change. Values in a package's header, with which a build succeeds:
values='vendor packager distribution bugurl _docdir __python3 _module_name _module_stream modularitylabel'
# Places and programs, with which none does.
places='dist _topdir _sourcedir _specdir _builddir _srcrpmdir _rpmdir _rpmfilename _build_name_fmt _dbpath _tmppath
	_buildhost optflags __os_install_post __spec_build_pre __spec_install_pre _binary_payload _source_payload
	buildroot __rm __mkdir_p _prefix _libdir'

# author_macros NAME...
author_macros() {
	for number in $(seq "$payloads"); do
		echo "%payload_$number $(payload "$number")"
	done
	number=0
	for name; do
		number=$((number + 1))
		echo "%$name $(payload "$number")"
	done
}

# write_document MACRO...: with payloads in all texts that may hold anything, and in these macros.
write_document() {
	text=$(payload 2 | jq -R .)
	cat <<-END
		document: modulemd
		version: 2
		data:
		  name: greetings
		  stream: main
		  version: 20260101000000
		  context: "00000000"
		  summary: $text
		  description: $text
		  license: {module: [$text]}
		  references: {community: $text}
		  profiles: {default: {description: $text, rpms: [victim]}}
		  buildopts: {rpms: {macros: $(author_macros "$@" | jq -Rs .)}}
		  components: {rpms: {victim: {rationale: $text}}}
		  xmd: {note: $text}
	END
}

# processes: from strace's lines, each as it began: "exec PID PROGRAM" and "child PID CHILD".
processes() {
	sed -n -e '/ = -1 /d' \
		-e 's/^\([0-9]*\) *execve("\([^"]*\)".*/exec \1 \2/p' \
		-e 's/^\([0-9]*\) .*\(clone\|clone3\|fork\|vfork\)[( ].* = \([0-9][0-9]*\)$/child \1 \3/p' "$1"
}

# outside: the programs executed by those who have no bubblewrap among their ancestors.
outside() {
	processes "$1" | awk '
		NR == 1 { out[$2] = 1 }
		$1 == "exec" { programs[$2] = programs[$2] " " $3; if ($3 ~ /\/bwrap$/) inner[$2] = 1 }
		$1 == "child" { parent[++count] = $2; child[count] = $3 }
		END {
			for (changed = 1; changed;) {
				changed = 0
				for (i = 1; i <= count; i++)
					if (out[parent[i]] && !inner[parent[i]] && !out[child[i]])
						changed = out[child[i]] = 1
			}
			for (pid in out)
				if (out[pid])
					print programs[pid]
		}' | tr ' ' '\n' | sed '/^$/d' | sort | uniq -c
}

# traced COMMAND...: its processes are in $T/trace.
traced() {
	strace -f -q -s 256 -e signal=none -e trace=execve,clone,clone3,fork,vfork -o "$T/trace" "$@"
}

# build_module UUID MACRO...: the whole module, traced; what it printed is in $T/all.
build_module() {
	uuid=$1
	shift
	write_document "$@" >"$T/local/modulemd.yaml"
	traced "$top_builddir/tests/stub/drive_local" --base "$T/local" --job "$top_builddir/scheduler/rida-job" \
		--uuid "$uuid" --modulemd "$T/local/modulemd.yaml" --allow "$GIT_URL/" --lookaside http://127.0.0.1:1/ \
		all "$LOCAL_MACROS" "$(component victim 2)" >"$T/all" || :
	expect '^module-build-macros closed' "$T/all"
	! ls -d "$canary"* /tmp/canary* 2>/dev/null || fail "a macro left a file"
	outside "$T/trace" >"$T/outside"
	expect /bwrap "$T/outside"
	! grep -e '/\(sh\|bash\|dash\)$' -e /rpmbuild -e /rpmspec "$T/outside" || fail "it ran outside of a sandbox"
	processes "$T/trace" | grep -q '^exec .*/touch$' || fail "no macro ran in the sandbox: the test shows nothing"
}

m2_m3_macros_run_in_the_sandbox_only() {
	build_module "$LOCAL_KEY_UUID" $values
	expect '^victim closed' "$T/all"
	expect '^finish ready' "$T/all"
}

m2_m3_macros_that_move_rpm_run_in_the_sandbox_only() {
	build_module 0d2f7c5e-1111-4222-8333-777777777777 $places
	expect '^victim failed' "$T/all"
}

start_local
package victim <<'END'
BuildArch: noarch
%description
%{payload_1}%{payload_2}%{payload_4}
%build
: "%{payload_3}" "%{payload_5}" "%{payload_10}"
%install
mkdir -p %{buildroot}/usr/share/victim
%files
/usr/share/victim
END
run_tests m2_m3_macros_run_in_the_sandbox_only \
	m2_m3_macros_that_move_rpm_run_in_the_sandbox_only
