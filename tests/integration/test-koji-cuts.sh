#!/bin/sh
# SPDX-License-Identifier: MIT
# K01 over the wire: answers that are cut at any byte. KOJI_CUTS: so many at least; KOJI_SEED: which.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/koji.sh"
need python3
cuts=${KOJI_CUTS:-${RIDA_TORTURE:+1000}}
cuts=${cuts:-100}
sessions=$((cuts / 2))
seed=${KOJI_SEED:-$(date +%s)}

# What is asked; each session gets five answers.
commands() {
	awk -v count="$sessions" 'BEGIN {
		for (i = 1; i <= count; i++) {
			printf "new\nwrite\n[[\"createTag\",[\"cut-%d-1\"]],[\"createTag\",[\"cut-%d-2\"]]]\n", i, i
			printf "write\n[[\"createTag\",[\"cut-%d-3\"]]]\n", i
			printf "read\n[[\"echo\",[\"value\",%d]],[\"getTag\",[\"absent\"]]]\n", i
		}
	}'
}

# Half of the answers come whole: enough for sessions to come to something.
treatments() {
	python3 - "$cuts" "$seed" <<-'END'
		import random, sys
		chance = random.Random(sys.argv[2])
		for i in range(int(sys.argv[1]) * 16):
		    print(chance.choice(["pass", "pass", "cut %d" % chance.randrange(700), "reset %d" % chance.randrange(700)]))
	END
}

k01_a_cut_answer_is_never_taken_for_another() {
	treatments >"$T/proxy/plan"
	commands | tr '\n' '\0' | xargs -0 timeout 300 "$PROBE" -c "$T/hub.conf" >"$T/said" 2>"$T/problem" ||
		fail "seed $seed: $(cat "$T/problem")"
	: >"$T/proxy/plan"
	awk 'NR % 5 == 4 && $0 != "ok [\"value\"," (NR + 1) / 5 "]" && !/^unavailable outage: / { bad = bad "\n" $0 }
		NR % 5 == 0 && $0 != "ok null" && !/^unavailable outage: / { bad = bad "\n" $0 }
		NR % 5 % 4 && !/^(ok [0-9]+$|unavailable outage|unknown-outcome)/ { bad = bad "\n" $0 }
		END { if (bad) { print bad; exit 1 } }' "$T/said" >"$T/bad" || fail "seed $seed: $(cat "$T/bad")"
	[ "$(wc -l <"$T/said")" -eq "$((sessions * 5))" ] || fail "seed $seed: $(wc -l <"$T/said") answers"
	made=$(grep -cE '^(cut|reset) ' "$T/proxy/log")
	[ "$made" -ge "$cuts" ] || fail "seed $seed: $made cuts only"
}

# What is called done is done, what is called not done is not.
k01_what_is_said_of_each_write_is_true() {
	awk 'NR % 5 % 4 { print $1 }' "$T/said" | tr -d : >"$T/claims"
	probe "$T/direct.conf" read "$(awk 'NR % 5 % 4 {
			printf "%s[\"getTag\",[\"cut-%d-%d\"]]", some++ ? "," : "[", (NR + 4) / 5, NR % 5
		}
		END { print "]" }' "$T/said")"
	sed 's/^ok null$/absent/; s/^ok {.*/there/' "$T/said" | paste -d' ' "$T/claims" - | sort | uniq -c >"$T/counts"
	! grep -vE ' (ok there|unavailable absent|unknown-outcome (there|absent))$' "$T/counts" ||
		fail "seed $seed: $(cat "$T/counts")"
	for claim in ok unknown-outcome unavailable; do
		grep -q " $claim " "$T/counts" || fail "seed $seed: nothing is $claim: $(cat "$T/counts")"
	done
	cat "$T/counts"
	echo "K01-wire $made/$cuts 0 violations, seed $seed"
}

start_hub
start_proxy
write_profile "$T/hub.conf" "$PROXY_URL" 'authtype = password' 'user = rida' 'password = ridapw'
write_profile "$T/direct.conf" "$HUB_URL" 'authtype = noauth'
run_tests k01_a_cut_answer_is_never_taken_for_another k01_what_is_said_of_each_write_is_true
