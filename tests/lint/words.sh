#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions and words that do not occur: unbounded or unsafe calls, goto, the environment outside the
# programs' main files, notes of things left undone.
. "${top_srcdir:?}/tests/lint/lint.sh"

banned='strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|system|popen|alloca|g_alloca|strncpy|localtime|gmtime'
sources lib cgi scheduler client tests | while read -r file; do
	grep -nE "(^|[^A-Za-z0-9_>.])($banned)[[:space:]]*\(" "$file" | sed "s|^|$file:|; s|\$|  <- a banned function|"
	grep -nE '^[^"/*]*[[:space:]]goto[[:space:]]' "$file" | sed "s|^|$file:|; s|\$|  <- goto|"
	grep -nE '\<(TODO|FIXME|XXX)\>' "$file" | sed "s|^|$file:|; s|\$|  <- left undone|"
	case $file in
	cgi/request.c | tests/*) continue ;;
	esac
	grep -qE '^int main\(' "$file" ||
		grep -nE '(^|[^A-Za-z0-9_])(g_)?getenv[[:space:]]*\(' "$file" |
		sed "s|^|$file:|; s|\$|  <- the environment belongs to main|"
done | conclude
