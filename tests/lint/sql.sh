#!/bin/sh
# SPDX-License-Identifier: MIT
# The text of a statement is made of literals: SQL stands in lib/store only, and nothing is formatted
# or joined into it there but literals, or names that stand for nothing else.
. "${top_srcdir:?}/tests/lint/lint.sh"
statement='(SELECT |INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|REPLACE INTO|ORDER BY|WHERE [a-z_.]+ *=)'

# is_literal NAME FILE: whatever is assigned to the name begins with a literal, or chooses between two.
is_literal() {
	grep -qE "(^|[^a-z_.>])$1(\[\])? = " "$2" &&
		! grep -E "(^|[^a-z_.>])$1(\[\])? = " "$2" | grep -qvE ' = *(SQL\(.*|"[^;]*;?|[^;?]*\? *"[^"]*" : "[^"]*";|)$'
}

{
	sources lib cgi scheduler client | grep -v '^lib/store/' | while read -r file; do
		grep -nE "\"[^\"]*\<$statement" "$file" | sed "s|^|$file:|; s|\$|  <- SQL outside lib/store|"
	done
	sources lib/store | while read -r file; do
		tr '\n' ' ' <"$file" | grep -oE '(printf|strconcat|strjoin|strjoinv)[a-z_]* *\([^;]*;' |
			grep -E "\"[^\"]*\<$statement|[>.( ]sql[,)]" | sed "s|^|$file: |; s|\$|  <- a statement made of parts|"
		tr '\n' ' ' <"$file" | grep -oE 'g_string_(append|prepend|insert|assign)[a-z_]* *\([^;,]*sql,[^;]*;' |
			sed -E 's/^[^,]*sql, *//; s/\);$//' | while read -r part; do
			case $part in
			'"'* | 'terms[i].condition' | *' ? '[A-Z_]*' : ""') continue ;;
			esac
			is_literal "$part" "$file" || echo "$file: $part is appended to a statement and is no literal"
		done
	done
} | conclude
