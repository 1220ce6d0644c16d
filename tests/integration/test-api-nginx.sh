#!/bin/sh
# SPDX-License-Identifier: MIT
# The API, through nginx.
FRONT=nginx
. "${top_srcdir:?}/tests/integration/api.sh"
