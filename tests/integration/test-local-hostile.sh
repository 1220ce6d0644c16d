#!/bin/sh
# SPDX-License-Identifier: MIT
# What a component's build cannot do: see, reach, fill, outlive, deceive. All of them run at once, beside an
# innocent one; each has the end and the words that its line says, and nothing of them is left.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

start_local
bash -c "exec 3<>/dev/tcp/127.0.0.1/$GIT_PORT" || fail "the network cannot be tried like this"
# An author's macros run in the builds, and nowhere else.
sed -i "s|%author_macro written|%author_macro %(touch /etc/planted $T/planted; echo written)|" \
	"$T/local/modulemd.yaml"
drive prepare >"$T/out" || fail "$(cat "$T/out")"
drive submit "$LOCAL_MACROS" >"$T/out" || fail "$(cat "$T/out")"
drive wait "$LOCAL_MACROS" >"$T/out" || fail "$(cat "$T/out")"
drive tag "$LOCAL_MACROS|complete" >"$T/out" || fail "$(cat "$T/out")"
SECRET=$T/secret
echo hidden >"$SECRET"
chmod 644 "$SECRET"
# How this test's processes and files are told from others.
MARK=$(shuf -i 100000000-999999999 -n 1)
MIB=1048576

# machine: what no build may change.
machine() {
	cat /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname
	awk 'NR > 1 { print $1, $2 }' /proc/sysvipc/shm
	find / /etc /usr/bin /tmp /var/tmp /run /dev/shm /root -maxdepth 1 -name "*planted*"
	grep -h "$T" /proc/[0-9]*/mountinfo || :
}
machine >"$T/before" 2>/dev/null

# hostile NAME STATE WORDS [OPTION...]: starts a build of the component whose spec is on stdin; it is to end so,
# with these words in its reason.
hostile() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$T/cases"
	package "$1"
	start_case "$@"
}
start_case() {
	case=$(component "$1" 2)
	echo "$case" >>"$T/components"
	shift 3
	drive --timeout 60 "$@" submit "$case" >"$T/out" || fail "$case: $(cat "$T/out")"
}
# hostile_program NAME STATE WORDS [OPTION...]: the same, of the program in C on stdin.
hostile_program() {
	{
		printf "%%description\n%%build\ncat >%s.c <<'CODE'\n" "$1"
		cat
		printf 'CODE\ngcc -o %s %s.c\n./%s\n%%files\n' "$1" "$1" "$1"
	} | hostile "$@"
}

# The one that has to live through it.
hostile innocent closed '' <<'END'
BuildArch: noarch
%description
%build
for i in $(seq 30); do sleep 0.1; echo $i >$i; done
%install
mkdir -p %{buildroot}/usr/share/innocent
%files
/usr/share/innocent
END

# Looking around: nothing but /usr and a made-up /etc; no network, no environment.
hostile shadow failed '/etc/shadow: No such file' <<'END'
%description
%build
cat /etc/shadow
%files
END
hostile connect failed 'Network is unreachable' <<'END'
%description
%build
bash -c 'exec 3<>/dev/tcp/198.51.100.1/80'
%files
END
hostile nosy closed '' <<END
BuildArch: noarch
%description
%build
set -x
for place in /etc/shadow /root /home/../root $SECRET $T/local /tmp/../var/lib/dpkg /proc/1/root$SECRET; do
	! cat \$place 2>/dev/null && ! ls \$place 2>/dev/null || { echo "seen: \$place"; exit 1; }
done
touch /usr/bin/planted 2>/dev/null && exit 1
touch /etc/planted 2>/dev/null && exit 1
touch /var/lib/rpm/planted 2>/dev/null && exit 1
touch /sources/planted 2>/dev/null && exit 1
touch /tmp/planted /var/tmp/planted /run/planted /dev/shm/planted
bash -c 'exec 3<>/dev/tcp/127.0.0.1/$GIT_PORT' 2>/dev/null && { echo "network"; exit 1; }
[ "\$(ls /sys/class/net 2>/dev/null | grep -cv lo)" -eq 0 ]
[ "\$(tail -n +3 /proc/net/dev | grep -cv 'lo:')" -eq 0 ]
[ "\$(id -u)" -ne 0 ]
tr '\\0' '\\n' </proc/1/environ | grep -v -e '^PATH=' -e '^LC_ALL=' -e '^PWD=' && { echo "environment"; exit 1; }
[ -z "\$(ls /proc/self/fd | grep -v -e '^[0-3]\$')" ]
%files
END

# Rising: calls that want privileges, files of the kernel, others' keys. What works is named.
hostile riser closed '' <<'END'
%description
%build
cat >rise.c <<'CODE'
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>
static int sum;
static void refused(const char *name, long result)
{
	if (result >= 0)
		printf("it may: %s\n", name);
	sum += result >= 0;
}
int main(void)
{
	static const char *const files[] = { "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
		"/proc/kcore", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs",
		"/dev/mem", "/dev/kmsg", "/dev/sda", "/proc/irq/default_smp_affinity", "/proc/sys/vm/overcommit_memory" };
	char key[64];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		refused(files[i], open(files[i], O_WRONLY));
	refused("setuid", setuid(0));
	refused("setgroups", setgroups(0, NULL));
	refused("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	refused("remount", mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
	refused("umount", umount2("/usr", MNT_DETACH));
	refused("chroot", chroot("/tmp"));
	refused("mknod", mknod("/tmp/device", S_IFBLK | 0600, 0x800));
	refused("unshare user", unshare(CLONE_NEWUSER));
	refused("unshare mount", unshare(CLONE_NEWNS));
	refused("setns", syscall(SYS_setns, open("/proc/1/ns/mnt", O_RDONLY), 0));
	refused("sethostname", sethostname("planted", 7));
	refused("swapon", swapon("/tmp/swap", 0));
	refused("module", syscall(SYS_init_module, "", 0, ""));
	refused("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	refused("bpf", syscall(SYS_bpf, 5, "\0", 64));
	refused("capability", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
	refused("key of the caller", syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "planted", 0));
	refused("key of the user", syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", "planted", 0));
	refused("keys' names", syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, key, sizeof key) > 0 &&
		strstr(key, "planted") ? 0 : -1);
	return sum;
}
CODE
gcc -o rise rise.c
./rise
grep -q 'CapEff:.0000000000000000' /proc/self/status
grep -q 'NoNewPrivs:.1' /proc/self/status
unshare -Ur true 2>/dev/null && exit 1
[ ! -e /dev/tty ] || ! echo planted >/dev/tty
%files
END

# A process of its own may be traced, the first one too: that stops nothing but this build.
hostile_program tracer failed 'killed: more than 3 seconds of time' --timeout 3 <<'END'
#include <sys/ptrace.h>
#include <unistd.h>
int main(void)
{
	ptrace(PTRACE_ATTACH, 1, 0, 0);
	return pause();
}
END

# Filling: memory, disk, processes, time, the log.
hostile fat failed 'killed: more than 256 MiB of memory' --memory $((256 * MIB)) <<'END'
%description
%build
for i in 1 2 3 4; do head -c 200M /dev/zero | tail & done
wait
sleep 30
%files
END
hostile_program greedy failed 'killed: more than 256 MiB of memory' --memory $((256 * MIB)) <<'END'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	fork();
	fork();
	usleep(500000);
	for (char *bytes; (bytes = malloc(1 << 20)); write(1, "taken\n", 6))
		memset(bytes, 1, 1 << 20);
	return pause();
}
END
hostile_program hidden failed 'killed: more than 256 MiB of memory' --memory $((256 * MIB)) <<'END'
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
	static char bytes[1 << 20];
	for (int i = 0; i < 512; i++)
		write(memfd_create("hidden", 0), bytes, sizeof bytes);
	return pause();
}
END
hostile wide failed 'killed: more than 64 MiB of disk' --disk $((64 * MIB)) <<'END'
%description
%build
for i in $(seq 40); do head -c 4M /dev/zero >file$i; done
sleep 30
%files
END
hostile many failed 'killed: more than 64 MiB of disk' --disk $((64 * MIB)) <<'END'
%description
%build
seq 1000000 | xargs touch
%files
END
hostile deep failed 'killed: more than 200 folders below each other' <<'END'
%description
%build
for i in $(seq 300); do mkdir d; cd d; done
sleep 30
%files
END
hostile sparse failed 'File size limit exceeded' <<'END'
%description
%build
truncate -s 100G big
%files
END
hostile memory_files failed 'No space left on device' <<'END'
%description
%build
head -c 100M /dev/zero >/dev/shm/big
%files
END
hostile unpacks failed 'take more than 64 MiB' --disk $((64 * MIB)) <<'END'
BuildArch: noarch
%description
%install
mkdir -p %{buildroot}/usr/share/unpacks
truncate -s 80M %{buildroot}/usr/share/unpacks/big
%files
/usr/share/unpacks
END
hostile chatty failed 'killed: more than 16 MiB of log' --log $((16 * MIB)) <<'END'
%description
%build
yes
%files
END
hostile forks failed 'killed: more than 64 processes' --processes 64 <<'END'
%description
%build
perl -e 'fork while 1'
%files
END
hostile slow failed 'killed: more than 1 seconds of time' --timeout 1 <<END
%description
%build
(setsid sleep $MARK &) ; sleep $MARK
%files
END

# Ending: others' processes, and its own that stay.
hostile killer failed 'rpmbuild was ended by signal 9' <<'END'
%description
%build
kill -9 -1
sleep 30
%files
END
hostile daemon closed '' <<END
BuildArch: noarch
%description
%build
setsid sh -c '(trap "" HUP TERM; sleep $MARK; touch /tmp/planted) </dev/null >/dev/null 2>&1 & disown' || :
(setsid nohup sleep $MARK </dev/null >/dev/null 2>&1 &)
%files
END

# Results that are none: links to what only we can read, names that lead out, another package, none, thousands.
hostile m6_link failed 'no regular file' <<'END'
BuildArch: noarch
%description
%install
mkdir -p /home/build/rpmbuild/RPMS/noarch
ln -s /etc/shadow /home/build/rpmbuild/RPMS/noarch/m6_link-0-1.noarch.rpm
%files
END
hostile m6_folder_link failed 'no regular file' <<'END'
BuildArch: noarch
%description
%clean
mv /home/build/rpmbuild/RPMS/noarch /home/build/rpmbuild/kept
ln -s ../kept /home/build/rpmbuild/RPMS/noarch
ln -s /etc/shadow /home/build/rpmbuild/SRPMS/passed.rpm
%files
END
hostile m6_pipe failed 'no regular file' <<'END'
BuildArch: noarch
%description
%install
mkdir -p /home/build/rpmbuild/RPMS/noarch
mkfifo /home/build/rpmbuild/RPMS/noarch/m6_pipe-0-1.noarch.rpm
%files
END
hostile m6_name failed "a built package's name" <<'END'
BuildArch: noarch
%description
%clean
touch "/home/build/rpmbuild/SRPMS/line
break.rpm"
%files
END
hostile m6_gone failed 'no package was built' <<'END'
BuildArch: noarch
%description
%clean
rm -rf /home/build/rpmbuild/SRPMS /home/build/rpmbuild/RPMS
%files
END
hostile m6_forged failed 'the built packages cannot be read' <<'END'
BuildArch: noarch
%description
%clean
for file in /home/build/rpmbuild/*RPMS/*.rpm /home/build/rpmbuild/RPMS/*/*.rpm; do echo forged >$file; done
%files
END
hostile m6_renamed failed "does not fit its file's name" <<'END'
BuildArch: noarch
%description
%clean
cd /home/build/rpmbuild/SRPMS
mv m6_renamed-*.src.rpm bash-6-1.src.rpm
%files
END
hostile m6_thousands failed 'more than 4000 packages' <<'END'
BuildArch: noarch
%description
%clean
cd /home/build/rpmbuild/SRPMS
seq -f %%.0f.rpm 5000 | xargs touch
%files
END

# What a spec runs while it is read: there, and to no effect.
hostile m7_command closed '' <<END
BuildArch: noarch
%global seen %(touch /etc/planted /usr/bin/planted $T/planted; cat $SECRET /etc/shadow; echo > /dev/tcp/127.0.0.1/$GIT_PORT)
%{lua: os.execute("touch /etc/planted $T/planted"); io.open("$T/planted", "w")}
%description
%build
[ -z "%{?seen}" ]
[ -z "%(cat $SECRET 2>/dev/null)" ]
%files
END
hostile m7_endless failed 'killed: more than 2 seconds of time' --timeout 2 <<'END'
%global never %(while :; do :; done)
%description
%files
END

hostile m3_author_macro closed '' <<'END'
%description
%build
[ "%author_macro" = written ]
%files
END

# What is no attack, but wrong, is named as well.
hostile needy failed 'no-such-package >= 3 is needed by needy-1-1' <<'END'
BuildRequires: no-such-package >= 3
%description
%files
END
package other <<'END'
%description
%files
END
sed -i 's/^Name: other/Name: another/' "$T/package/other/other.spec"
make_repo "$T/git/rpms/other.git" "$T/package/other" >/dev/null
printf 'other\tfailed\tname is another, not that of the component\n' >>"$T/cases"
start_case other failed ''

# For the buildroot: links that lead out, and a package that cannot be installed.
hostile escape closed '' <<'END'
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
hostile broken closed '' <<'END'
BuildArch: noarch
Requires: no-such-thing
%description
%files
END

# Each has ended as it should.
xargs -d '\n' "$top_builddir/tests/stub/drive_local" --base "$T/local" --job "$top_builddir/scheduler/rida-job" \
	--modulemd "$T/local/modulemd.yaml" --allow "$GIT_URL/" wait <"$T/components" >"$T/ends" || :
tab=$(printf '\t')
while IFS=$tab read -r name state words; do
	grep "^$name $state " "$T/ends" | grep -qF -e "$words" ||
		fail "$name should be $state, \"$words\": $(grep "^$name " "$T/ends"; tail -n 20 "$(build_log "$name")")"
	note "ok $name"
done <"$T/cases"

# The sum of several processes is watched, not bound: how far they came, taking memory as fast as they can.
taken=$(grep -c '^taken' "$(build_log greedy)" || :)
note "greedy took $taken MiB"
[ "$taken" -le 512 ] || fail "greedy took $taken MiB of 256"

# Nothing is left, and the machine is as it was.
no_work_tree() {
	! ls -d "$LOCAL_BUILD"/jobs/*/work
}
# The brackets keep the search from finding itself.
no_process() {
	! grep -lsae "[${MARK%????????}]${MARK#?}" -e "${LOCAL_BUILD%?}[6]" /proc/[0-9]*/cmdline
}
wait_for 20 no_work_tree || fail "work trees are left: $(ls -d "$LOCAL_BUILD"/jobs/*/work)"
wait_for 5 no_process || fail "processes are left: $(no_process)"
machine >"$T/after" 2>/dev/null
cmp -s "$T/before" "$T/after" || fail "the machine was changed: $(diff "$T/before" "$T/after")"
[ ! -e "$T/planted" ] || fail "a spec's command wrote outside its sandbox"
[ -z "$(cat "$LOCAL_BUILD"/jobs/*/supervisor.log)" ] || fail "rida-job complained: $(cat "$LOCAL_BUILD"/jobs/*/supervisor.log)"

# An archive that would write outside its folder does not; a package that cannot be installed stays out, others do not.
drive tag "$(component innocent 2 complete)" "$(component escape 2 complete)" "$(component broken 2 complete)" \
	>"$T/out" || fail "$(cat "$T/out")"
[ -L "$LOCAL_BUILD/root/inst/usr/share/way" ] || fail "escape was not installed: $(cat "$LOCAL_BUILD/root/fill.log")"
expect 'no-such-thing is needed by broken' "$LOCAL_BUILD/root/fill.log"
[ -d "$LOCAL_BUILD/root/inst/usr/share/innocent" ] || fail "innocent was not installed"
