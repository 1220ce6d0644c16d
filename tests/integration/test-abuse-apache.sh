#!/bin/sh
# SPDX-License-Identifier: MIT
# Slow, many and large requests through Apache, which does not buffer: rida gives up slow clients while others wait.
FRONT=apache
COUNT=150 SLOW=8 DELAYED=30
. "${top_srcdir:?}/tests/integration/abuse.sh"
