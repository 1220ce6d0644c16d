#!/bin/sh
# SPDX-License-Identifier: MIT
# What must stay secret is compared by secret_is() only, whose time tells nothing.
. "${top_srcdir:?}/tests/lint/lint.sh"

sources lib cgi scheduler client | while read -r file; do
	grep -nE '(str(n|case|ncase)?cmp|strcmp0|memcmp|str_equal)[[:space:]]*\([^;]*(marker|password|secret|token_text)' "$file" |
		sed "s|^|$file:|; s|\$|  <- secret_is() compares secrets|"
done | conclude
