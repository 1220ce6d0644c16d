# SPDX-License-Identifier: MIT
# For tests in shell: a temporary folder, servers of our own, and their end. Source it first.
#
#	. "$top_srcdir/tests/lib/env.sh"
#	need mariadbd
#	start_mariadb            # sets RIDA_TEST_DB (the folder) and RIDA_TEST_SOCKET
#	write_config 'submit_by: anyone'
#	migrate_db
#	start_fcgi
#	start_nginx              # sets NGINX_URL
#
# T is the temporary folder. Whatever is started is stopped by its pid when the script ends. A
# missing tool is a failure in CI and SKIP (77) elsewhere. RIDA_TEST_KEEP=1 keeps the folder of a
# test that failed.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/rida-test.XXXXXX")
chmod 0711 "$T"
export T
STARTED=

# remember PID: stop it at the end, the last one first.
remember() {
	STARTED="$1 $STARTED"
}

clean_up() {
	status=$?
	trap - EXIT INT TERM
	for pid in $STARTED; do
		stop "$pid"
	done
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ] && [ -n "${RIDA_TEST_KEEP:-}" ]; then
		note "kept: $T"
	else
		rm -rf "$T"
	fi
	exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

for part in common mariadb rida nginx apache git sample browser; do
	. "$top_srcdir/tests/lib/$part.sh"
done
