#!/bin/sh
# SPDX-License-Identifier: MIT
# Lets libFuzzer drive the fuzz targets: fuzz.sh SECONDS [TARGET...]. Builds them with clang in the folder "fuzz" of
# the build folder, where run/TARGET keeps the growing corpus, the log, and what was found. Prints a line per target;
# ends with 1 when something was found.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
seeds=$top_srcdir/tests/fuzz/seeds
words=$top_srcdir/tests/fuzz/words
folder=$top_builddir/fuzz
seconds=$1
shift
[ $# -gt 0 ] || set -- $(ls "$seeds")

# build TARGET...
build() {
	command -v clang >/dev/null || {
		echo "make fuzz needs clang with its libFuzzer" >&2
		exit 1
	}
	mkdir -p "$folder"
	[ -e "$folder/config.status" ] || (cd "$folder" && "$top_srcdir/configure" -q CC=clang --enable-fuzzing)
	(
		cd "$folder"
		for target; do
			set -- "$@" "tests/fuzz/fuzz_$target"
			shift
		done
		make -s "$@"
	)
}

# last NAME: the last number that libFuzzer gave for it.
last() {
	sed -n "s/.*$1 *\([0-9][0-9]*\).*/\1/p" "$run/log" | tail -n 1
}

# fuzz TARGET: false when something was found.
fuzz() {
	run=$folder/run/$1
	mkdir -p "$run/corpus" "$run/found"
	set -- "$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$run/found/" "$run/corpus" "$seeds/$1"
	[ ! -e "$words/$1.dict" ] || set -- "$@" -dict="$words/$1.dict"
	status=0
	program=$folder/tests/fuzz/fuzz_$1
	target=$1
	shift
	"$program" "$@" >"$run/log" 2>&1 || status=$?
	found=$(sed -n 's/.*Test unit written to //p' "$run/log")
	[ "$status" -eq 0 ] || found=${found:-"status $status, see $run/log"}
	echo "$target: $(last 'number_of_executed_units:') executions, $(last 'average_exec_per_sec:')/s," \
		"$(last 'cov:') edges, $(ls "$run/corpus" | wc -l) inputs kept," \
		"$(last 'peak_rss_mb:') MiB, found: ${found:-nothing}"
	[ -z "$found" ]
}

build "$@"
result=0
for target; do
	fuzz "$target" || result=1
done
exit "$result"
