#!/bin/sh
# SPDX-License-Identifier: MIT
# The database goes on at an earlier moment, while the build system and the receivers of messages know what came after
# it: what was lost is found or told, and nothing is built twice. RIDA_TEST_SEED chooses the moments,
# RIDA_TEST_ROUNDS how often with each builder.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/lib/hub.sh"
. "$top_srcdir/tests/lib/koji.sh"
. "$top_srcdir/tests/integration/failover.sh"
need nginx git curl jq rpmbuild bwrap python3 mariadb-dump
seed=${RIDA_TEST_SEED:-1}
rounds=${RIDA_TEST_ROUNDS:-2}

# random MOST: a number of 1 to it, by the seed.
drawn=0
random() {
	drawn=$((drawn + 1))
	RANDOM_NUMBER=$(awk -v seed="$seed" -v skip="$drawn" -v most="$1" 'BEGIN {
		srand(seed * 1000 + skip); rand(); print 1 + int(rand() * most) }')
}

# passes MOST: some of them.
passes() {
	random "$1"
	for _ in $(seq "$RANDOM_NUMBER"); do
		pass
	done
}

all_end() {
	for _ in $(seq 300); do
		[ "$(sql 'SELECT COUNT(*) FROM builds WHERE state NOT IN (4, 5)')" -ne 0 ] || return 0
		pass
	done
	fail "seed $seed: not ended: $(sql "SELECT id, state, state_reason FROM builds WHERE state NOT IN (4, 5);
		SELECT build_id, last_error FROM claims WHERE last_error <> ''")"
}

# orphans_are_told KEYS: each task with a key in that file, and no other one, is said to belong to no build.
orphans_are_told() {
	sort -u "$1" >"$T/orphans"
	sed -n 's/.*belongs to no build here.*(key \([0-9a-f]*\)).*/\1/p' "$T/findings" | sort >"$T/told"
	cmp -s "$T/orphans" "$T/told" || fail "seed $seed: orphans are $(cat "$T/orphans"), told are $(cat "$T/findings")"
}

# ---- the memory builder ----

# keys_of UUIDS-FILE: the keys of components' first attempts at the builds of these.
memory_keys_of_lost() {
	comm -23 "$T/uuids.before" "$T/uuids.after" | while read -r uuid; do
		for component in module-build-macros bash gcc make zsh; do
			printf '%s|%s|submit|1' "$uuid" "$component" | sha256sum | cut -c1-32
		done
	done | sort >"$T/possible"
	jq -r 'select(.event == "submit") | .key' "$LEDGER" | sort >"$T/keys"
	comm -12 "$T/possible" "$T/keys"
}

memory_round() {
	insert 2 "early$1-" bash:0:polls-2 gcc:0:ms-20 make:1:polls-3 zsh:2 >/dev/null
	insert 1 "bad$1-" bash:0:fail make:0:polls-2 zsh:1 >/dev/null
	passes 6
	keep_copy
	insert 1 "lost$1-" bash:0:polls-2 make:1 >/dev/null
	passes 12
}

after_memory_round() {
	check_says 1
	memory_keys_of_lost >"$T/lost.keys"
	orphans_are_told "$T/lost.keys"
	repair "$@"
	id=$(insert 1 "new$round-" bash:0)
	[ "$id" -gt $((SEEN_BUILD + 1000)) ] || fail "the new build has id $id, after $SEEN_BUILD"
	all_end
	pass
	check_says 1
	orphans_are_told "$T/lost.keys"
	[ "$(wc -l <"$T/told")" -eq "$(wc -l <"$T/findings")" ] || fail "more than orphans is left: $(cat "$T/findings")"
	expect 'tasks of builds that are there' "$(sql 'SELECT COUNT(*) FROM attempts')" \
		$(($(jq -r 'select(.event == "submit") | .key' "$LEDGER" | sort -u | wc -l) - $(wc -l <"$T/told")))
	check_repaired
}

forget_all() {
	rm -f "$LEDGER" "$MESSAGES"
	sql 'DROP DATABASE rida' mysql
	migrate_db
	[ "$SERVER" -eq 1 ] || "$admin" accept-writer >/dev/null
}

d02_with_the_memory_builder_nothing_is_lost_or_told_twice() {
	for round in $(seq "$rounds"); do
		forget_all
		memory_round "$round"
		fail_over
		after_memory_round
		check_says 1
	done
}

# The same server, from a backup: nobody but the operator knows.
d09_a_backup_that_is_put_back_is_repaired() {
	for round in $(seq "$rounds"); do
		forget_all
		memory_round "r$round"
		put_back
		after_memory_round --restored
	done
}

# ---- Koji ----

koji_round() {
	post "early$1" "$(make_module "early$1" one:0 two:0 three:1)"
	passes 3
	keep_copy
	post "lost$1" "$(make_module "lost$1" one:0)"
	passes 20
}

d02_with_koji_nothing_is_built_twice() {
	sql 'DROP DATABASE rida' mysql
	rm -f "$MESSAGES"
	configure_koji 'koji_settle_seconds: 1'
	migrate_db
	"$admin" accept-writer >/dev/null
	adopted=0
	for round in $(seq "$rounds"); do
		koji_round "$round"
		fail_over
		check_says 1
		adopted=$((adopted + $(grep -c 'no row knows attempt' "$T/findings" || :)))
		repair
		all_end
		pass
		check_says 1
		hub_control '{"do": "ledger"}' >"$T/ledger"
		expect "tasks that were started twice ($(jq -c .keys "$T/ledger"))" "$(jq .duplicates "$T/ledger")" 0
		told=$(grep -c 'belongs to no build here' "$T/findings" || :)
		expect 'tasks that no row knows and that are not told' "$(jq .tasks "$T/ledger")" \
			$(($(sql 'SELECT COUNT(*) FROM attempts') + told))
		[ "$told" -eq "$(wc -l <"$T/findings")" ] || fail "more than orphans is left: $(cat "$T/findings")"
		none 'builds that failed' "SELECT id, state_reason FROM builds WHERE state <> 5"
		note "round $round: $(jq .tasks "$T/ledger") tasks, $told of them orphans; $adopted were adopted until now"
		check_repaired
	done
	[ "$adopted" -gt 0 ] || fail "seed $seed: nothing was lost that could be adopted"
}

start_koji
configure_scheduler
run_tests d02_with_the_memory_builder_nothing_is_lost_or_told_twice d09_a_backup_that_is_put_back_is_repaired \
	d02_with_koji_nothing_is_built_twice
