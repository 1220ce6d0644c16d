#!/bin/sh
# SPDX-License-Identifier: MIT
# Sizes that fit the head: 600 lines a .c, 150 a .h, 60 a function, 12 functions a header, 6 parameters.
. "${top_srcdir:?}/tests/lint/lint.sh"

sources lib cgi scheduler client | while read -r file; do
	awk -v file="$file" '
		function say(line, text) { printf "%s:%d: %s\n", file, line, text }
		# A prototype or a definition, from its first line to its closing parenthesis.
		function check_parameters(text, line, commas) {
			sub(/^[^(]*\(/, "", text)
			gsub(/\([^()]*\)/, "", text)
			commas = gsub(/,/, ",", text)
			if (commas > 5) say(line, "has " commas + 1 " parameters, more than 6")
		}
		/^[a-z][A-Za-z0-9_ *]*[ *][a-z0-9_]+\(/ && !/^(typedef|return|else|struct [a-z_]+ \{)/ {
			head = $0; head_line = NR
			while (head !~ /\)[^()]*[;{]?[[:space:]]*$/ && (getline more) > 0) head = head more
			check_parameters(head, head_line)
			if (file ~ /\.h$/ && head !~ /^static/) public++
		}
		/^{$/ { start = NR }
		/^}$/ && start { if (NR - start - 1 > 60) say(start, "a function of " NR - start - 1 " lines, more than 60"); start = 0 }
		END {
			limit = file ~ /\.h$/ ? 150 : 600
			if (NR > limit) say(NR, "more than " limit " lines")
			if (public > 12) say(NR, public " public functions, more than 12")
		}' "$file"
done | conclude
