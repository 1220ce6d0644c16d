#!/bin/sh
# SPDX-License-Identifier: MIT
# K01 over the wire: answers that are cut at any byte. KOJI_CUTS: how many requests (120); KOJI_SEED: which cuts.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/koji.sh"
need python3
cuts=${KOJI_CUTS:-120}
seed=${KOJI_SEED:-$(date +%s)}

# What is asked, each in a session of its own: the same words for the probe and for who judges what it says.
calls() {
	awk -v count="$cuts" 'BEGIN {
		for (i = 1; i <= count / 4; i++) {
			printf "new\nread\n[[\"echo\",[\"value\",%d]],[\"getTag\",[\"absent\"]]]\n", i
			printf "write\n[[\"createTag\",[\"cut-%d-a\"]],[\"createTag\",[\"cut-%d-b\"]]]\n", i, i
			printf "write\n[[\"createTag\",[\"cut-%d-c\"]]]\n", i
		}
	}'
}

k01_a_cut_answer_is_never_taken_for_another() {
	python3 - "$cuts" "$seed" >"$T/proxy/plan" <<-'END'
		import random, sys
		chance = random.Random(sys.argv[2])
		for i in range(int(sys.argv[1]) * 4):
		    print(chance.choice(["pass", "cut %d" % chance.randrange(700), "reset %d" % chance.randrange(700)]))
	END
	calls >"$T/calls"
	tr '\n' '\0' <"$T/calls" | xargs -0 timeout 300 "$PROBE" -c "$T/hub.conf" >"$T/said" 2>"$T/problem" ||
		fail "seed $seed: $(cat "$T/problem")"
	: >"$T/proxy/plan"
	# Sanitizers, and what GLib finds critical, would have ended the probe.
	awk 'NR % 5 == 1 && $0 != "ok [\"value\"," (NR + 4) / 5 "]" && !/^unavailable outage: / { bad = bad "\n" $0 }
		NR % 5 == 2 && $0 != "ok null" && !/^unavailable outage: / { bad = bad "\n" $0 }
		(NR % 5 == 3 || NR % 5 == 4 || NR % 5 == 0) && !/^(ok [0-9]+$|unavailable|unknown-outcome)/ { bad = bad "\n" $0 }
		END { if (bad) { print bad; exit 1 } }' "$T/said" >"$T/bad" || fail "seed $seed: $(cat "$T/bad")"
	[ "$(wc -l <"$T/said")" -eq "$((cuts / 4 * 5))" ] || fail "seed $seed: $(wc -l <"$T/said") answers"
}

# What is called done is done, what is called not done is not.
k01_what_is_said_of_each_write_is_true() {
	awk 'BEGIN { printf "[" }
		NR % 5 == 3 || NR % 5 == 4 || NR % 5 == 0 {
			printf "%s[\"getTag\",[\"cut-%d-%s\"]]", some++ ? "," : "", (NR + 4) / 5, NR % 5 == 3 ? "a" : NR % 5 == 4 ? "b" : "c"
		}
		END { print "]" }' "$T/said" >"$T/question"
	awk 'NR % 5 == 3 || NR % 5 == 4 || NR % 5 == 0 { print $1 }' "$T/said" | tr -d : >"$T/claims"
	probe "$T/direct.conf" read "$(cat "$T/question")"
	sed 's/^ok null$/absent/; s/^ok {.*/there/' "$T/said" | paste "$T/claims" - | sort | uniq -c >"$T/counts"
	! grep -E 'ok	absent|unavailable	there|	[^at]' "$T/counts" || fail "seed $seed: $(cat "$T/counts")"
	for claim in ok unknown-outcome; do
		grep -q "$claim" "$T/counts" || fail "seed $seed: the cuts left nothing $claim: $(cat "$T/counts")"
	done
	tr -s ' \t\n' ' ' <"$T/counts"
	echo "of $cuts requests, seed $seed"
}

start_hub
start_proxy
write_profile "$T/hub.conf" "$PROXY_URL" 'authtype = password' 'user = rida' 'password = ridapw'
write_profile "$T/direct.conf" "$HUB_URL" 'authtype = noauth'
run_tests k01_a_cut_answer_is_never_taken_for_another k01_what_is_said_of_each_write_is_true
