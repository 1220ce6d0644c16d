#!/bin/sh
# SPDX-License-Identifier: MIT
# The API, with rida.fcgi run as a CGI program.
FRONT=cgi
. "${top_srcdir:?}/tests/integration/api.sh"
