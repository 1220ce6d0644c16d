#!/bin/sh
# SPDX-License-Identifier: MIT
# The other ways of the local builder: as an ordinary user, and on a kernel without overlays.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

start_local
package tool <<'END'
BuildArch: noarch
BuildRequires: make
%description
%install
mkdir -p %{buildroot}/usr/bin
printf '#!/bin/sh\necho made\n' >%{buildroot}/usr/bin/tool
chmod 755 %{buildroot}/usr/bin/tool
%files
/usr/bin/tool
END
package user <<'END'
BuildArch: noarch
BuildRequires: tool
%description
%build
[ "$(tool)" = made ]
gcc --version
[ "%{_module_name}" = greetings ]
%files
END

# all_of COMMAND...: builds both, the second with the first.
all_of() {
	"$@" all "$LOCAL_MACROS" "$(component tool 2)" "$(component user 3)" >"$T/all" 2>&1 ||
		fail "$*: $(cat "$T/all")"
	expect '^user closed user-1-1.module+7+abcdef01' "$T/all"
}

# Without overlays: what was learned of the kernel is written down as it would be there.
mkdir -p "$T/local/cache"
user=$(id -u)
[ "$user" -ne 0 ] || user=$(id -u nobody)
printf '%s %s %s\nbinds' "$(cat /proc/sys/kernel/random/boot_id)" "$user" "$top_builddir/scheduler/rida-job" \
	>"$T/local/cache/sandbox"
all_of drive
expect '^binds' "$T/local/cache/sandbox"

# As an ordinary user: the same code, with nobody to become. The programs are where that user can read them.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	mkdir -m 0777 "$T/user"
	cp "$top_builddir/scheduler/rida-job" "$top_builddir/tests/stub/drive_local" "$T/local/modulemd.yaml" "$T/user/"
	drive_user() {
		setpriv --reuid daemon --regid daemon --clear-groups -- "$T/user/drive_local" --base "$T/user/local" \
			--job "$T/user/rida-job" --modulemd "$T/user/modulemd.yaml" --allow "$GIT_URL/" "$@"
	}
	all_of drive_user
	[ "$(stat -c %U "$T"/user/local/repos/*/repodata/repomd.xml)" = daemon ] || fail "the repository is not the user's"
fi
