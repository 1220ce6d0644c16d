#!/bin/sh
# SPDX-License-Identifier: MIT
# All of the cases of test_koji_nonsense; "make check" runs a tenth of them.
RIDA_KOJI_CASES=100000 exec "${top_builddir:?}/tests/unit/ports/test_koji_nonsense"
