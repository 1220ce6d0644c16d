#!/bin/sh
# SPDX-License-Identifier: MIT
# make install puts everything where it belongs, below DESTDIR; the programs start; uninstall removes it.
. "${top_srcdir:?}/tests/lib/env.sh"
need make

# plain_make ARGUMENT...: without what the make that runs the tests hands on.
plain_make() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" DESTDIR="$T/root" "$@" \
		>"$T/make.log" 2>&1 || fail "make $*: $(tail -20 "$T/make.log")"
}

plain_make install
(cd "$T/root" && find . -type f | sort) >"$T/files"
for wanted in sbin/rida-scheduler sbin/rida-admin libexec/rida/rida.fcgi libexec/rida/rida-job \
	etc/rida/rida.yaml.example etc/rida/nginx.conf etc/rida/apache.conf etc/rida/rida_fastcgi_params \
	etc/rida/rida_identity.conf etc/rida/apache_identity.conf etc/cron.d/rida etc/logrotate.d/rida \
	lib/systemd/system/rida.service lib/systemd/system/rida.socket lib/systemd/system/rida-submit.service \
	lib/systemd/system/rida-submit.socket lib/systemd/system/rida-scheduler.service \
	lib/systemd/system/rida-scheduler.timer lib/sysusers.d/rida.conf lib/tmpfiles.d/rida.conf \
	share/rida/sql/0001_init.sql share/rida/sql/accounts.sql man/man8/rida-scheduler.8 \
	man/man8/rida.fcgi.8 man/man8/rida-admin.8 man/man5/rida.yaml.5; do
	grep -q "/$wanted\$" "$T/files" || fail "$wanted is not installed: $(cat "$T/files")"
done
grep -q '/share/rida/static/' "$T/files" || fail "no stylesheet is installed"

# Nothing that is installed still has a place to be filled in.
(cd "$T/root" && grep -rlE '@[a-z_]+@' . --include='*.conf' --include='*.service' --include='rida*' -I) >"$T/unfilled" || :
[ -s "$T/unfilled" ] && fail "left to be filled in: $(cat "$T/unfilled")"

# Where it is installed, cron's line, the units and the web servers name what is there.
for file in etc/cron.d/rida lib/systemd/system/rida.service lib/systemd/system/rida-submit.service \
	lib/systemd/system/rida-scheduler.service; do
	named=$(grep -ohE '/[^ ]*/(rida-scheduler|rida\.fcgi)( |$)' "$T/root"/*/"$file" "$T/root/$file" \
		$(sed -n "s|^\./\(.*/$file\)\$|$T/root/\1|p" "$T/files") 2>/dev/null | head -n 1)
	[ -n "$named" ] && [ -x "$T/root${named% }" ] || fail "$file names \"$named\", which is not installed"
done

# installed SUFFIX: its path below DESTDIR.
installed() {
	echo "$T/root/$(sed -n "s|^\./\(.*/$1\)\$|\1|p" "$T/files")"
}
grep -qx 'KillMode=process' "$(installed lib/systemd/system/rida-scheduler.service)" || fail "a stop of the unit would end builds"

# What builds are made from can be neither replaced nor written by the web's account.
tmpfiles=$(installed lib/tmpfiles.d/rida.conf)
grep -qE '^d [^ ]*/cache/rida +3775 rida_scheduler rida$' "$tmpfiles" || fail "the cache is not sticky: $(cat "$tmpfiles")"
for kept in host lookaside probe; do
	grep -qE "^d [^ ]*/cache/rida/$kept +0755 rida_scheduler rida\$" "$tmpfiles" || fail "anyone may make cache/rida/$kept"
done

for program in sbin/rida-scheduler sbin/rida-admin libexec/rida/rida.fcgi; do
	path=$(installed "$program")
	"$path" --help >"$T/help" 2>&1 || fail "$program --help: $(cat "$T/help")"
	grep -q -- '--config' "$T/help" || fail "$program --help does not name --config: $(cat "$T/help")"
done

# The example is a configuration that is accepted.
example=$(installed etc/rida/rida.yaml.example)
scheduler=$(installed sbin/rida-scheduler)
"$scheduler" --config "$example" --show-config >"$T/shown" || fail "the example is refused"
grep -q '^submit_by: identified$' "$T/shown" || fail "--show-config does not show the example: $(cat "$T/shown")"

if command -v systemd-analyze >/dev/null; then
	units=$(dirname "$(installed lib/systemd/system/rida.service)")
	# The programs are below DESTDIR; everything else that it says is a finding.
	systemd-analyze verify --man=no "$units"/rida*.service "$units"/rida*.socket "$units"/rida*.timer \
		2>&1 | grep '/rida\|^rida' | grep -v 'is not executable' >"$T/units" || :
	[ -s "$T/units" ] && fail "systemd-analyze: $(cat "$T/units")"
fi

plain_make uninstall
left=$(find "$T/root" -type f)
[ -z "$left" ] || fail "uninstall left: $left"
