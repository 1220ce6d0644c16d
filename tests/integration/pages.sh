# SPDX-License-Identifier: MIT
# What tests of pages in Chromium begin with: a scheduler's tools, and a front end.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/scheduler.sh"
FRONT=nginx
AUTH=no
READ_WORKERS=1
. "$top_srcdir/tests/integration/ask.sh"
need nginx curl jq python3 chromium chromedriver
