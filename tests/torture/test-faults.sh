#!/bin/sh
# SPDX-License-Identifier: MIT
# A selection of all rows of faults, by RIDA_TEST_SEED: "make torture" runs them all.
. "${top_srcdir:?}/tests/lib/common.sh"
remember() { :; }
need python3 mariadbd
need_python pika pymysql
need_strace
exec "$top_srcdir/tests/torture/runner.py" --check --seed "${RIDA_TEST_SEED:-1}"
