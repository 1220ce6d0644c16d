# SPDX-License-Identifier: MIT
# What the benchmarks share. Each prints lines "name value unit". Figures are ratios of what was measured side by
# side in one run, because absolute ones say more about the machine than about rida.
. "$top_srcdir/tests/lib/env.sh"

# start_bench_db: a server with room for the data in memory.
start_bench_db() {
	MARIADB_SYNC=
	start_mariadb --innodb-buffer-pool-size=768M --innodb-log-file-size=256M --group-concat-max-len=1000000
}

# seed BUILDS COMPONENTS STATE RUNNING
seed() {
	sed -e "s/@builds@/$1/g" -e "s/@components@/$2/g" -e "s/@state@/$3/g" -e "s/@running@/$4/g" \
		"$top_srcdir/tests/bench/seed.sql" >"$T/seed.sql"
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot rida <"$T/seed.sql" >"$T/seed.log" 2>&1 ||
		fail "seed.sql: $(cat "$T/seed.log")"
}

# seed_events: one state change of each build, numbered as the builds are, with a message of 1 kB.
seed_events() {
	sql "INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at)
		SELECT id, id, 1, name, owner, UUID(), CONCAT('{\"id\":', id, ',\"state\":5,\"state_name\":\"ready\",\"name\":\"', name,
			'\",\"component_builds\":[', REPEAT('1234567,', 110), '1]}'), submitted_at FROM builds; ANALYZE TABLE events" >/dev/null ||
		fail 'seed_events'
}

# milliseconds COMMAND...: how long it took; its output goes to $T/timed.
milliseconds() {
	begin=$(date +%s%N)
	"$@" >"$T/timed" 2>&1 || fail "$*: $(tail -5 "$T/timed")"
	echo $((($(date +%s%N) - begin) / 1000000))
}

# peak COMMAND...: sets KB, the most memory that it has had, and MS, how long it took.
peak() {
	begin=$(date +%s%N)
	"$@" >"$T/timed" 2>&1 &
	peak_pid=$!
	while [ -e "/proc/$peak_pid/status" ] && kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$peak_pid/status") && [ "$kb" ]; do
		KB=$kb
		sleep 0.02
	done
	wait "$peak_pid" || fail "$*: $(tail -5 "$T/timed")"
	MS=$((($(date +%s%N) - begin) / 1000000))
}

# figure NAME VALUE UNIT
figure() {
	printf '%s %s %s\n' "$1" "$2" "$3"
}

# ratio ONE OTHER: to two places.
ratio() {
	awk -v one="$1" -v other="$2" 'BEGIN { printf "%.2f", (other > 0) ? one / other : 0 }'
}

# median: of the numbers on stdin.
median() {
	sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}
