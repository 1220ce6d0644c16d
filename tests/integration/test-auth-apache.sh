#!/bin/sh
# SPDX-License-Identifier: MIT
# Who is asking, through apache.
FRONT=apache
. "${top_srcdir:?}/tests/integration/auth.sh"
