#!/bin/sh
# SPDX-License-Identifier: MIT
# Include lines against the matrix of rooms: nobody includes upwards.
. "${top_srcdir:?}/tests/lint/lint.sh"
. "$top_srcdir/tests/lint/matrix.sh"

for room in $ROOMS cgi scheduler client; do
	folder=$room
	case " $ROOMS " in *" $room "*) folder=lib/$room ;; esac
	allowed=" $(may_use "$room") "
	sources "$folder" | while read -r file; do
		sed -n 's|^#[[:space:]]*include "\(.*\)"|\1|p' "$file" | while read -r header; do
			case $header in
			config.h) continue ;;
			*/*) used=${header%%/*} ;;
			*) used=none ;;
			esac
			case "$allowed" in
			*" $used "*) ;;
			*) echo "$file includes \"$header\": $room may use$allowed" ;;
			esac
		done
	done
done | conclude
