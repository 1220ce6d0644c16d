#!/bin/sh
# SPDX-License-Identifier: MIT
# The text of a statement is made of literals: SQL stands in lib/store only, and nothing is formatted
# or joined into it there but literals, or names that stand for nothing else.
. "${top_srcdir:?}/tests/lint/lint.sh"
statement='(SELECT |INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|REPLACE INTO|ORDER BY|WHERE [a-z_.]+ *=)'

word='("[^"]*"|[A-Z_]+)'

# is_literal NAME FILE: whatever is assigned to the name begins with a literal, or chooses between two.
is_literal() {
	grep -qE "(^|[^a-z_.>])$1(\[\])? =( |\$)" "$2" &&
		! grep -E "(^|[^a-z_.>])$1(\[\])? =( |\$)" "$2" | grep -qvE " = *(SQL\(.*|\"[^;]*;?|[^;?]*\? *$word : $word;|)\$"
}

# is_constant PART FILE: a literal, a macro, a row or function of the file whose texts are constants.
is_constant() {
	name=$(printf '%s' "$1" | grep -oE '^[a-zA-Z_]+' || :)
	case $1 in
	'"'*) ;;
	*[!a-zA-Z0-9_]*) grep -qE "^static const (char \*$name\(|char \*const $name\[|struct [a-z_]+ $name\[)" "$2" ;;
	*[!A-Z_]*) is_literal "$1" "$2" ;;
	*) grep -q "^#define $1 " "$2" ;;
	esac
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
			printf '%s\n' "$part" | sed -E 's/^[^"?]*\? *//; t two; b; :two; s/ : /\n/' | while read -r choice; do
				is_constant "$choice" "$file" || echo "$file: $choice is appended to a statement and is no literal"
			done
		done
	done
} | conclude
