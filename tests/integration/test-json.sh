#!/bin/sh
# SPDX-License-Identifier: MIT
# JSON as rida reads it and as Python does, strictly: the same verdict and the same value for the suite and for 20,000
# mutations of it.
. "${top_srcdir:?}/tests/lib/common.sh"
need python3
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/integration/json_readers.py" "$top_builddir/tests/integration/json_probe" \
	"$top_srcdir/tests/fixtures/json-suite.txt" || fail "the readers differ"
