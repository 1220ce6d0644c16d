#!/bin/sh
# SPDX-License-Identifier: MIT
# What one world of tests/torture stands on: the servers and helpers of tests/lib, told what to do by lines on its input.
# Each line is run by this shell; what it prints goes to $T/answer, and a line with its status follows.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/koji.sh"
exec 3>&1
echo "$T" >&3
while read -r line; do
	ground_status=0
	eval "$line" >"$T/answer" </dev/null || ground_status=$?
	echo "$ground_status" >&3
done
