#!/bin/sh
# SPDX-License-Identifier: MIT
# Slow, many and large requests through nginx, which buffers: a thousand of them are not felt.
FRONT=nginx
COUNT=1000 SLOW=100 DELAYED=10
. "${top_srcdir:?}/tests/integration/abuse.sh"
