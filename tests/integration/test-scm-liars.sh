#!/bin/sh
# SPDX-License-Identifier: MIT
# Git servers that hang, drip, redirect, prompt and lie: sources are never waited for too long, nothing
# they say is believed or shown raw, and nothing is left behind. RIDA_TEST_SEED chooses where answers
# are cut, stalled and changed.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/scm.sh"
mkdir -p "$T/files"
echo "document: modulemd" >"$T/files/foo.yaml"
commit=$(make_repo "$repos/foo.git" "$T/files")
python3 "$top_srcdir/tests/integration/scm_liars.py" "$probe_program" "$work" "$repos/foo.git" "$commit" \
	"${RIDA_TEST_SEED:-1}" || fail "a server did harm"
