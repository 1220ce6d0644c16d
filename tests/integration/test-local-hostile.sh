#!/bin/sh
# SPDX-License-Identifier: MIT
# What a component's build cannot do: see, reach, fill, outlive.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

start_local
bash -c "exec 3<>/dev/tcp/127.0.0.1/$GIT_PORT" || fail "the network cannot be tried like this"
drive prepare >"$T/out" || fail "$(cat "$T/out")"
SECRET=$T/secret
echo hidden >"$SECRET"
chmod 644 "$SECRET"

no_work_tree() {
	! ls -d "$LOCAL_BUILD"/jobs/*/work
}

# try NAME STATE [OPTION...]: builds the component alone and expects its task to end so.
try() {
	name=$1 wanted=$2
	shift 2
	drive "$@" submit "$(component "$name" 2)" >"$T/out" || fail "$name: $(cat "$T/out")"
	drive "$@" wait "$(component "$name" 2)" >"$T/out" || :
	expect "^$name $wanted" "$T/out"
	wait_for 10 no_work_tree || fail "$name: its work tree is still there"
}

# The simplest component.
package plain <<'END'
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share/plain
%files
/usr/share/plain
END
try plain closed

# A missing requirement is named, and names the component.
package needy <<'END'
BuildRequires: no-such-package >= 3
%description
%files
END
try needy failed
expect 'no-such-package >= 3 is needed by needy-1-1' "$T/out"

# Looking around: nothing but /usr and a made-up /etc; no network, no privileges, no environment.
package nosy <<END
BuildArch: noarch
%description
%build
for place in /etc/shadow /root /home/../root $SECRET $T/local /tmp/../var/lib/dpkg /proc/1/root$SECRET; do
	! cat \$place 2>/dev/null && ! ls \$place 2>/dev/null || { echo "seen: \$place"; exit 1; }
done
touch /usr/bin/planted 2>/dev/null && exit 1
touch /etc/planted 2>/dev/null && exit 1
touch /var/lib/rpm/planted 2>/dev/null && exit 1
touch /sources/planted 2>/dev/null && exit 1
bash -c 'exec 3<>/dev/tcp/127.0.0.1/$GIT_PORT' 2>/dev/null && { echo "network"; exit 1; }
[ "\$(ls /sys/class/net 2>/dev/null | grep -cv lo)" -eq 0 ]
[ "\$(tail -n +3 /proc/net/dev | grep -cv 'lo:')" -eq 0 ]
unshare -Ur true 2>/dev/null && { echo "namespaces"; exit 1; }
grep -q 'CapEff:.0000000000000000' /proc/self/status
[ "\$(id -u)" -ne 0 ]
tr '\\0' '\\n' </proc/1/environ | grep -v -e '^PATH=' -e '^LC_ALL=' -e '^PWD=' && { echo "environment"; exit 1; }
[ -z "\$(ls /proc/self/fd | grep -v -e '^[0-3]\$')" ]
%install
mkdir -p %{buildroot}/usr/share/nosy
%files
/usr/share/nosy
END
sed -i 's/^%build/%build\nset -x/' "$T/package/nosy/nosy.spec"
try nosy closed

# Filling: memory, disk, processes, time.
package fat <<'END'
%description
%build
for i in 1 2 3 4; do head -c 200M /dev/zero | tail & done
wait
sleep 30
%files
END
try fat failed --memory 268435456 --timeout 20
expect 'memory' "$T/out"

package wide <<'END'
%description
%build
for i in $(seq 40); do head -c 4M /dev/zero >file$i; done
sleep 30
%files
END
try wide failed --disk 67108864 --timeout 20
expect 'bytes of disk' "$T/out"

package chatty <<'END'
%description
%build
yes | head -c 200M
sleep 30
%files
END
try chatty failed --disk 67108864 --timeout 20
expect 'bytes of disk' "$T/out"

package forks <<'END'
%description
%build
bomb() { bomb & bomb; }
bomb 2>/dev/null
sleep 30
%files
END
try forks failed --processes 64 --timeout 4

package slow <<'END'
%description
%build
(setsid sleep 1234 &) ; sleep 1234
%files
END
try slow failed --timeout 1
expect 'longer than 1 seconds' "$T/out"

# Results that are none: links to what only we can read, names that lead out, a package of another name.
package links <<'END'
BuildArch: noarch
%description
%install
mkdir -p /home/build/rpmbuild/RPMS/noarch
ln -s /etc/shadow /home/build/rpmbuild/RPMS/noarch/links-0-1.noarch.rpm
%files
END
try links failed
expect 'no regular file' "$T/out"

package other <<'END'
%description
%files
END
sed -i 's/^Name: other/Name: another/' "$T/package/other/other.spec"
make_repo "$T/git/rpms/other.git" "$T/package/other" >/dev/null
try other failed
expect 'name is another, not that of the component' "$T/out"

# An archive that would write outside its folder, or put a link where we mount from.
package escape <<'END'
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share
ln -s /buildroot %{buildroot}/usr/share/way
ln -s ../../../../../../../../../../.. %{buildroot}/usr/share/up
%files
/usr/share/way
/usr/share/up
END
try escape closed
drive tag "$(component plain 2 complete)" "$(component escape 2 complete)" >"$T/out" || fail "$(cat "$T/out")"
[ -L "$LOCAL_BUILD/root/inst/usr/share/way" ] || fail "escape was not installed: $(cat "$LOCAL_BUILD/root/fill.log")"

# A component whose package cannot be installed stays out; who wants it fails, others do not.
package broken <<'END'
BuildArch: noarch
Requires: no-such-thing
%description
%files
END
try broken closed
drive tag "$(component plain 2 complete)" "$(component broken 2 complete)" >"$T/out" || fail "$(cat "$T/out")"
expect 'no-such-thing is needed by broken' "$LOCAL_BUILD/root/fill.log"
[ -d "$LOCAL_BUILD/root/inst/usr/share/plain" ] || fail "plain was not installed"
! grep -qs planted /usr/bin/planted /etc/planted || fail "the host was changed"
