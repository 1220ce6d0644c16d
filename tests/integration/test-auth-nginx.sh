#!/bin/sh
# SPDX-License-Identifier: MIT
# Who is asking, through nginx.
FRONT=nginx
. "${top_srcdir:?}/tests/integration/auth.sh"
