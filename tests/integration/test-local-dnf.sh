#!/bin/sh
# SPDX-License-Identifier: MIT
# dnf sees the module in its repository and installs its default profile into an empty root, from it
# and from a second repository with one generated package that provides the host's libraries.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/local.sh"

need dnf createrepo_c
start_local
make_sample
serve_lookaside
start_nginx
drive all "$LOCAL_MACROS" "$(component greet 2)" "$(component greet-words 2)" "$(component greet-letter 3)" \
	>"$T/all" || fail "the sample: $(cat "$T/all")"
mkdir -p "$T/host" "$T/dnf" "$T/root"
cp "$T"/local/cache/host/*/host-provides.rpm "$T/host/"
createrepo_c --quiet "$T/host"
cat >"$T/dnf/dnf.conf" <<END
[main]
gpgcheck=0
plugins=0
reposdir=$T/dnf
cachedir=$T/dnf/cache
persistdir=$T/dnf/lib
logdir=$T/dnf
module_platform_id=platform:sample
install_weak_deps=0
diskspacecheck=0
[module]
name=module
baseurl=file://$LOCAL_REPO
[host]
name=host
baseurl=file://$T/host
END

# dnf installs as root only: an ordinary user is root in a user namespace of its own.
as_root=
[ "$(id -u)" -eq 0 ] || as_root='unshare --map-root-user'

# tool ARGUMENT...: dnf for the empty root alone.
tool() {
	$as_root dnf -y -c "$T/dnf/dnf.conf" --installroot="$T/root" --releasever=1 \
		--setopt=tsflags=noscripts "$@" >"$T/dnf.out" 2>&1 || fail "dnf $*: $(cat "$T/dnf.out")"
}

tool module list
expect '^greetings  *main  *default' "$T/dnf.out"
tool module info greetings:main
expect 'greet-letter-0:1.0-1.module+7+abcdef01.noarch' "$T/dnf.out"
tool module install greetings:main/default
[ -x "$T/root/usr/bin/greet" ] || fail "greet is not installed: $(cat "$T/dnf.out")"
expect 'Hello, everybody!' "$T/root/usr/share/greet/letter"
[ -f "$T/root/usr/share/greet/words" ] || fail "what the letter requires is not installed"
