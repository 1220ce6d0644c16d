#!/bin/sh
# SPDX-License-Identifier: MIT
# Migrations by rida-admin, also two at once; what the programs say of a schema they do not know; what
# each account may not do; what check finds and repair mends.
. "$top_srcdir/tests/lib/env.sh"
admin=$top_builddir/scheduler/rida-admin

# as ACCOUNT: runs the statements of stdin, each on its line, all of them; prints one line per error.
as() {
	mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -u"$1" --force --batch --skip-column-names \
		rida 2>&1 >/dev/null | grep '^ERROR' || :
}

# all_forbidden ACCOUNT: each statement of stdin is refused for want of a right, none else happens.
all_forbidden() {
	cat >"$T/statements"
	as "$1" <"$T/statements" >"$T/errors"
	wanted=$(wc -l <"$T/statements")
	# 1044, 1045, 1142, 1143: denied; 1227: a global right; 1370: a routine; 1410: no right to grant.
	denied=$(grep -Ec '^ERROR (1044|1045|1142|1143|1227|1370|1410|1419) ' "$T/errors" || :)
	[ "$denied" -eq "$wanted" ] || {
		sed -n 's/.* at line \([0-9]*\).*/\1/p' "$T/errors" >"$T/lines"
		fail "$1: $denied of $wanted statements were denied; not these:
$(awk 'NR == FNR { denied[$1]; next } !(FNR in denied)' "$T/lines" "$T/statements")"
	}
}

# all_allowed ACCOUNT: each statement of stdin is accepted.
all_allowed() {
	as "$1" >"$T/errors"
	[ ! -s "$T/errors" ] || fail "$1: $(cat "$T/errors")"
}

# web_refuses: rida.fcgi answers 503 and logs the command.
web_refuses() {
	env -i PATH="$PATH" RIDA_CONFIG="$RIDA_CONFIG" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET \
		REQUEST_URI=/rida/module-builds/ "$top_builddir/cgi/rida.fcgi" </dev/null >"$T/answer" 2>"$T/said" || :
	grep -q '^Status: 503' "$T/answer" || fail "rida.fcgi answered: $(cat "$T/answer")"
	grep -q 'rida-admin migrate' "$T/said" || fail "rida.fcgi does not log the command: $(cat "$T/said")"
}

start_mariadb
write_config "memory_builder_file: $T/memory.jsonl"
sql 'CREATE DATABASE rida' mysql
mariadb --no-defaults --socket="$RIDA_TEST_SOCKET" -uroot <"$top_srcdir/sql/accounts.sql"
for account in rida_web rida_scheduler rida_admin; do
	sql "ALTER USER '$account'@'localhost' IDENTIFIED BY ''" mysql
done

# Without a schema, the programs name the command.
says 75 'rida-admin migrate' "$top_builddir/scheduler/rida-scheduler"
says 75 'rida-admin migrate' "$admin" check
web_refuses

# Two at once: both succeed, one of them does it.
"$admin" migrate >"$T/one" 2>&1 &
one=$!
"$admin" migrate >"$T/two" 2>&1 || fail "the second of two: $(cat "$T/two")"
wait "$one" || fail "the first of two: $(cat "$T/one")"
[ "$(sql 'SELECT COUNT(*) FROM schema_versions')" = "$(find "$top_srcdir/sql" -name '0*.sql' | wc -l)" ] ||
	fail "the versions are recorded: $(sql 'SELECT * FROM schema_versions')"
[ "$(cat "$T/one" "$T/two" | grep -c 'were applied')" -eq 1 ] || fail "migrated twice: $(cat "$T/one" "$T/two")"
says 0 'up to date' "$admin" migrate

# A changed file is refused; a newer schema too, with the command named.
mkdir "$T/sql"
cp "$top_srcdir"/sql/0*.sql "$T/sql"
echo '-- changed' >>"$T/sql/0001_init.sql"
write_config "sql_dir: $T/sql"
says 1 'was changed after it had been applied' "$admin" migrate
write_config "memory_builder_file: $T/memory.jsonl"
sql "INSERT INTO schema_versions VALUES (99, '0099_later.sql', '', UTC_TIMESTAMP(6))"
says 75 'rida-admin migrate' "$top_builddir/scheduler/rida-scheduler"
says 1 'rida-admin migrate' "$admin" migrate
web_refuses
sql 'DELETE FROM schema_versions WHERE version = 99'

# Usage.
says 64 'a command is wanted' "$admin"
says 64 'is no command' "$admin" frobnicate
says 64 'usage: rida-admin cancel ID' "$admin" cancel
says 64 'a whole number' "$admin" cancel 1x
says 64 'on or off' "$admin" maintenance maybe
says 64 'NAME:STREAM' "$admin" retire name
says 1 'build 12345' "$admin" cancel 12345
says 0 'RIDA.YAML' "$admin" manual

# Rows of a build, as the web writes them.
sql "INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`,
	builder, event_seq, submitted_at, modified_at) VALUES (UUID(), 'm', 's', 1, '00000000', 5, '', 'alice',
	'', '', 'memory', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
	INSERT INTO build_views VALUES (1, 1, '{}');
	INSERT INTO trace VALUES (1, 1, 1, NULL, 5, '', 'alice', UTC_TIMESTAMP(6));
	INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at) VALUES (1, 1, 'm', 't', '{}', UTC_TIMESTAMP(6));
	INSERT INTO claims (build_id, last_error) VALUES (1, '')"
says 0 'everything agrees' "$admin" check
says 1 'this cannot be done now' "$admin" cancel 1
says 1 'this cannot be done now' "$admin" retry 1
says 0 'the next pass does it' "$admin" retire m:s:1:00000000 --confirm
[ "$(sql 'SELECT kind FROM requests')" = 4 ] || fail 'retiring is a request'
[ "$(sql 'SELECT due_at IS NOT NULL FROM claims')" = 1 ] || fail 'a request makes its build due'
echo n >"$T/no"
says 1 'nothing was done' "$admin" retire m:s <"$T/no"
says 0 'left alone' "$admin" hold 1
says 1 'in quarantine' "$admin" check
says 0 'is due now' "$admin" release 1
says 0 'is due now' "$admin" due 1
says 0 'maintenance is on' "$admin" maintenance on
says 0 'maintenance is off' "$admin" maintenance off

# What does not agree is found, and mended.
sql "UPDATE counters SET value = 9 WHERE name = 'state_ready'; DELETE FROM claims; DELETE FROM build_views"
says 1 'counter state_ready' "$admin" check
says 0 '1 missing claims' "$admin" repair
says 0 'everything agrees' "$admin" check
says 0 'nothing to mend' "$admin" repair
sql 'DELETE FROM outbox'
says 1 'has no message' "$admin" check

# What the web may do, and what not.
h2_the_web_changes_nothing() {
	all_allowed rida_web <<'END'
SELECT * FROM builds;
SELECT value FROM counters;
INSERT INTO requests (build_id, kind, caller, created_at) VALUES (1, 1, 'bob', UTC_TIMESTAMP(6));
INSERT INTO warnings (build_id, text, created_at) VALUES (1, 'w', UTC_TIMESTAMP(6));
INSERT INTO idempotency_keys VALUES ('bob', 'k', 'd', 201, '', '', UTC_TIMESTAMP(6));
END
	all_forbidden rida_web <<'END'
UPDATE builds SET state = 5, gen = gen + 1;
UPDATE builds SET owner = 'mallory', gen = gen + 1;
UPDATE builds SET gen = gen + 1;
DELETE FROM builds;
TRUNCATE builds;
REPLACE INTO builds (id) VALUES (1);
UPDATE components SET state = 1;
DELETE FROM components;
UPDATE modulemds SET text = '';
DELETE FROM modulemds;
INSERT INTO modulemds VALUES (1, 0, '') ON DUPLICATE KEY UPDATE text = '';
UPDATE build_views SET tasks = '';
DELETE FROM build_views;
UPDATE claims SET quarantined_at = NULL;
UPDATE claims SET token = 0;
DELETE FROM claims;
UPDATE trace SET actor = 'nobody';
DELETE FROM trace;
UPDATE outbox SET sent_at = NULL;
UPDATE outbox SET body = '{}';
DELETE FROM outbox;
UPDATE requests SET done_at = UTC_TIMESTAMP(6);
DELETE FROM requests;
UPDATE idempotency_keys SET body = '';
DELETE FROM idempotency_keys;
UPDATE warnings SET text = '';
DELETE FROM warnings;
INSERT INTO attempts (build_id) VALUES (1);
UPDATE attempts SET state = 1;
DELETE FROM attempts;
INSERT INTO effects (build_id) VALUES (1);
UPDATE effects SET state = 1;
DELETE FROM effects;
INSERT INTO limits VALUES (2);
DELETE FROM limits;
UPDATE limits SET id = 3;
INSERT INTO counters VALUES ('x', 1);
UPDATE counters SET value = 0 WHERE name = 'maintenance';
DELETE FROM counters;
INSERT INTO log_excerpts VALUES (1, 1, 1, 'f', 'x');
DELETE FROM log_excerpts;
INSERT INTO leases (name, holder, lease_until) VALUES ('outbox', 'web', UTC_TIMESTAMP(6));
UPDATE leases SET holder = 'web';
DELETE FROM leases;
INSERT INTO schema_versions VALUES (9, '', '', UTC_TIMESTAMP(6));
UPDATE schema_versions SET version = 9;
DELETE FROM schema_versions;
CREATE TABLE mine (a INT);
DROP TABLE builds;
ALTER TABLE builds ADD mine INT;
CREATE INDEX mine ON builds (owner);
DROP TRIGGER builds_before_update;
CREATE TRIGGER mine BEFORE INSERT ON requests FOR EACH ROW SET @a = 1;
CREATE VIEW mine AS SELECT 1;
CREATE PROCEDURE mine() SELECT 1;
CREATE EVENT mine ON SCHEDULE EVERY 1 DAY DO SELECT 1;
LOCK TABLES builds WRITE;
SELECT * FROM mysql.global_priv;
SELECT user FROM mysql.user;
CREATE DATABASE mine;
DROP DATABASE rida;
CREATE USER mallory;
GRANT ALL ON rida.* TO 'rida_web'@'localhost';
SET PASSWORD FOR 'rida_admin'@'localhost' = PASSWORD('x');
SET GLOBAL max_connections = 1;
SELECT 1 INTO OUTFILE '/tmp/rida-mine';
LOAD DATA INFILE '/etc/passwd' INTO TABLE warnings;
FLUSH TABLES;
SHUTDOWN;
END
	[ "$(wc -l <"$T/statements")" -ge 50 ] || fail 'fewer than fifty statements were tried'
}

# Every table there is, also those that later migrations bring.
h2_nobody_but_the_administrator_changes_a_table() {
	for table in $(sql 'SHOW TABLES'); do
		column=$(sql "SELECT column_name FROM information_schema.columns WHERE table_schema = 'rida' AND table_name = '$table' LIMIT 1")
		cat >>"$T/of-tables" <<-END
			TRUNCATE $table;
			DROP TABLE $table;
			ALTER TABLE $table ADD mine INT;
			RENAME TABLE $table TO mine;
			CREATE INDEX mine ON $table ($column);
			CREATE TRIGGER mine BEFORE INSERT ON $table FOR EACH ROW SET @a = 1;
			LOCK TABLES $table WRITE;
			LOAD DATA INFILE '/etc/passwd' INTO TABLE $table;
			SELECT * FROM $table INTO OUTFILE '/tmp/rida-mine';
			GRANT ALL ON $table TO 'rida_web'@'localhost';
		END
		cat >>"$T/of-rows" <<-END
			UPDATE $table SET $column = $column;
			DELETE FROM $table;
		END
	done
	cat "$T/of-tables" "$T/of-rows" | all_forbidden rida_web
	all_forbidden rida_scheduler <"$T/of-tables"
}

h2_the_scheduler_changes_what_it_must() {
	all_allowed rida_scheduler <<'END'
SELECT id FROM limits FOR UPDATE;
UPDATE builds SET gen = gen + 1;
UPDATE claims SET due_at = NULL;
INSERT INTO leases (name, holder, lease_until) VALUES ('outbox', 'me', UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE holder = 'me';
DELETE FROM outbox;
DELETE FROM idempotency_keys;
END
	all_forbidden rida_scheduler <<'END'
INSERT INTO builds (id) VALUES (9);
DELETE FROM builds;
DELETE FROM components;
DELETE FROM trace;
UPDATE trace SET actor = 'nobody';
DELETE FROM attempts;
DELETE FROM effects;
DELETE FROM claims;
DELETE FROM modulemds;
UPDATE counters SET value = 0;
UPDATE schema_versions SET version = 9;
INSERT INTO writer (id, server, since) VALUES (2, 'mine', UTC_TIMESTAMP(6));
UPDATE writer SET server = 'mine';
DELETE FROM writer;
CREATE TABLE mine (a INT);
DROP TABLE builds;
ALTER TABLE builds ADD mine INT;
DROP TRIGGER builds_before_update;
CREATE DATABASE mine;
GRANT ALL ON rida.* TO 'rida_scheduler'@'localhost';
SELECT user FROM mysql.user;
END
	all_forbidden rida_admin <<'END'
CREATE DATABASE mine;
SELECT user FROM mysql.user;
CREATE USER mallory;
GRANT ALL ON rida.* TO 'rida_web'@'localhost';
SET GLOBAL max_connections = 1;
SHUTDOWN;
END
}

run_tests h2_the_web_changes_nothing h2_nobody_but_the_administrator_changes_a_table h2_the_scheduler_changes_what_it_must

# Away is told apart from wrong.
stop "$MARIADB_PID"
says 75 'not available' "$admin" check

# Base modules are files of the configuration's, and read with it.
cat >"$T/platform.yaml" <<'END'
document: modulemd
version: 2
data:
  name: platform
  stream: f-28
  summary: What modules are built on
  description: What modules are built on
  license: {module: [MIT]}
END
write_config "base_modules: [$T/platform.yaml]"
says 1 'platform.yaml: the stream "f-28" is not allowed' "$admin" check-config
sed -i 's/f-28/f28/' "$T/platform.yaml"
says 0 'is good' "$admin" check-config

# So are the secrets that the bus needs.
printf 'two\nlines\n' >"$T/secret"
chmod 0600 "$T/secret"
for option in bus_password_file webhook_secret_file; do
	write_config "$option: $T/secret"
	says 1 "$option: the secret file $T/secret" "$admin" check-config
done
