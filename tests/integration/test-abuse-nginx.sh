#!/bin/sh
# SPDX-License-Identifier: MIT
# Slow, many and large requests through nginx, which buffers: a thousand of them are not felt, nor (W02, in
# the long form) five thousand of each kind.
FRONT=nginx
COUNT=1000 SLOW=100 DELAYED=10
if [ -n "${RIDA_TORTURE:-}" ]; then
	COUNT=5000 BODIES=5000 READERS=5000 ADDRESSES=25 DELAYED=0 NGINX_CONNECTIONS=12000
	ulimit -n "$(ulimit -Hn)"
fi
. "${top_srcdir:?}/tests/integration/abuse.sh"
[ -z "${RIDA_TORTURE:-}" ] || echo "W02 $COUNT/5000 0 violations"
