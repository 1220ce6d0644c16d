#!/bin/sh
# SPDX-License-Identifier: MIT
# What is installed, looked at from outside: how the programs were built, what they link, what the
# units leave open.
. "${top_srcdir:?}/tests/lib/env.sh"
need readelf systemd-analyze
PROGRAMS='cgi/rida.fcgi scheduler/rida-scheduler scheduler/rida-admin scheduler/rida-job'

# libraries PROGRAM: the names of what it is linked with.
libraries() {
	readelf -dW "$top_builddir/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

is_sanitized() {
	libraries cgi/rida.fcgi | grep -q '^libasan'
}

# said PROGRAM REGEX WHAT: the last $T/elf has such a line.
said() {
	grep -qE "$2" "$T/elf" || fail "$1: $3: $(cat "$T/elf")"
}

# unsaid PROGRAM REGEX WHAT: it has none.
unsaid() {
	! grep -E "$2" "$T/elf" >"$T/found" || fail "$1: $3: $(cat "$T/found")"
}

# The libraries that README names, all of Debian.
h6_only_the_named_libraries_are_linked() {
	for program in $PROGRAMS; do
		libraries "$program" | grep -vE '^lib(asan|ubsan)\.so|^libgcc_s\.so' >"$T/linked"
		[ -s "$T/linked" ] || fail "$program links nothing?"
		! grep -vE '^(libc|libfcgi|libmodulemd|libglib-2\.0|libgobject-2\.0|libgio-2\.0|libmariadb|libcurl|libjson-c|libyaml-0|libexpat|librabbitmq|libqpid-proton|libm)\.so\.[0-9]+$' \
			"$T/linked" >"$T/found" || fail "$program links what README does not name: $(cat "$T/found")"
	done
	! grep -rnE '(git clone|https?://|wget|curl -)' "$top_srcdir/configure.ac" "$top_srcdir"/Makefile.am ||
		fail 'the build fetches something'
}

h7_programs_have_the_compilers_defences() {
	! is_sanitized || return 0
	for program in $PROGRAMS; do
		readelf -hdlW --dyn-syms "$top_builddir/$program" >"$T/elf"
		said "$program" 'Flags:.* PIE' 'its place in memory is fixed'
		said "$program" 'GNU_RELRO' 'its tables of addresses stay writable'
		said "$program" '\(FLAGS\) *BIND_NOW' 'its functions are bound late'
		said "$program" 'GNU_STACK.* RW +0x' 'its stack is executable'
		said "$program" '__stack_chk_fail' 'nothing guards its stack'
		said "$program" '__[a-z]+_chk@' 'nothing is fortified'
		unsaid "$program" '\((RPATH|RUNPATH)\)' 'it takes libraries from a folder of its own'
		unsaid "$program" 'TEXTREL' 'its code is changed when it starts'
		unsaid "$program" ' RWE ' 'a segment is writable and executable'
	done
}

# What is not ours (the C library's start files) may lack them, so that our own objects are looked at.
h7_objects_are_built_for_control_flow_enforcement() {
	! is_sanitized && [ "$(uname -m)" = x86_64 ] || return 0
	for library in "$top_builddir"/lib/*/lib*.a "$top_builddir/cgi/libcgi.a"; do
		objects=$(ar t "$library" | grep -c '\.o$')
		marked=$(readelf -nW "$library" | grep -c 'x86 feature: IBT, SHSTK' || :)
		[ "$marked" -eq "$objects" ] || fail "$library: $marked of $objects objects have IBT and SHSTK"
	done
}

# The bounds are what was measured, with a little room for other releases of systemd: two units need
# namespaces, and say so.
h4_units_are_closed() {
	units=$top_builddir/httpd-conf/systemd
	for bound in rida:17 rida-submit:37 rida-scheduler:45; do
		unit=$units/${bound%:*}.service
		systemd-analyze security --offline=true --no-pager --threshold="${bound#*:}" "$unit" >"$T/exposure" 2>&1 ||
			fail "$unit leaves more open than ${bound#*:} tenths: $(cat "$T/exposure")"
		grep -qx 'NoNewPrivileges=yes' "$unit" && grep -qx 'CapabilityBoundingSet=' "$unit" &&
			grep -qx 'ProtectSystem=strict' "$unit" || fail "$unit: privileges, capabilities or the system are open"
	done
	grep -q '^User=rida_web$' "$units/rida.service" || fail 'the web runs as another user'
	for socket in rida rida-submit; do
		grep -qx 'SocketMode=0660' "$units/$socket.socket" || fail "anyone may speak to $socket.socket"
	done
}

# rpm reads a spec in the sandbox only: a library of it in one of our processes would read it here.
m7_no_program_links_rpm() {
	for program in $PROGRAMS; do
		! ldd "$top_builddir/$program" | grep -E 'librpm(build|sign)' ||
			fail "$program could parse a spec itself"
	done
	! grep -rnE '#include *[<"]rpm/' "$top_srcdir/lib" "$top_srcdir/cgi" "$top_srcdir/scheduler" ||
		fail 'a source uses librpm'
}

run_tests \
	h6_only_the_named_libraries_are_linked \
	h7_programs_have_the_compilers_defences \
	h7_objects_are_built_for_control_flow_enforcement \
	h4_units_are_closed \
	m7_no_program_links_rpm
