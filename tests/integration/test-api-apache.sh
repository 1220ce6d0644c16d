#!/bin/sh
# SPDX-License-Identifier: MIT
# The API, through apache.
FRONT=apache
. "${top_srcdir:?}/tests/integration/api.sh"
