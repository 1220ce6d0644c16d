-- SPDX-License-Identifier: MIT
-- Builds as a busy day leaves them, for people to look at: 1-60 of all states; 61 fails with logs, 62 is ready, 63 is
-- being built, 64 has 120 components in 9 batches, 65 has 2,000, 66 was canceled, 67 has names as long as they may be.

CREATE TEMPORARY TABLE modules (n INT PRIMARY KEY, name VARCHAR(128), stream VARCHAR(64), owner VARCHAR(64));
INSERT INTO modules VALUES (0, 'nodejs', '20', 'sgallagh'), (1, 'postgresql', '16', 'pkubat'), (2, 'perl', '5.38', 'jplesnik'),
	(3, 'ruby', '3.3', 'vondruch'), (4, 'maven', '3.9', 'mizdebsk'), (5, 'container-tools', 'rolling', 'jnovy'),
	(6, 'mariadb-connector-odbc', 'master', 'mschorm');

INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, failure_type, verification, owner, scmurl, `commit`,
	builder, dist, event_seq, is_prepared, is_finished, batch, submitted_at, modified_at, completed_at)
SELECT seq, UUID(), m.name, m.stream, 20261100000000 + seq * 7919, LEFT(SHA1(seq), 8),
	CASE WHEN seq <= 60 THEN ELT(1 + seq % 7, 5, 5, 4, 5, 3, 6, 5) WHEN seq = 61 THEN 4 WHEN seq = 62 THEN 5 WHEN seq = 66 THEN 4 ELSE 2 END,
	CASE WHEN seq = 61 THEN 'Component(s) perl-DBD-Pg failed to build.' WHEN seq = 66 THEN 'Canceled by admin.'
		WHEN seq <= 60 AND seq % 7 = 2 THEN 'Component(s) libuv failed to build.' WHEN seq = 57 THEN 'The artifacts of the failed build were removed.' ELSE '' END,
	CASE WHEN seq = 66 THEN 3 WHEN seq = 61 OR (seq <= 60 AND seq % 7 = 2) THEN 1 ELSE 0 END, 1, m.owner,
	CONCAT('https://src.example.org/modules/', m.name, '.git?#', SHA1(seq)), SHA1(seq), 'memory', CONCAT('.module+', seq, '+', LEFT(SHA1(seq), 8)),
	3, 1, seq <= 62, 2, UTC_TIMESTAMP(6) - INTERVAL (68 - seq) * (68 - seq) * 97 SECOND, UTC_TIMESTAMP(6),
	IF(seq <= 62 OR seq = 66, UTC_TIMESTAMP(6) - INTERVAL (68 - seq) * (68 - seq) * 97 SECOND + INTERVAL 754 SECOND, NULL)
FROM seq_1_to_67 JOIN modules m ON m.n = seq % 7;
UPDATE builds SET gen = gen + 1, stream = CONCAT(REPEAT('a-very-long-stream.', 3), 'end'),
	name = CONCAT(REPEAT('a-module-with-a-name-as-long-as-it-may-be-', 2), 'the-end'), owner = REPEAT('owner', 20) WHERE id = 67;

-- How many components a build has, in how many batches, and how many of them are complete.
CREATE TEMPORARY TABLE shapes (build_id BIGINT PRIMARY KEY, components INT, batches INT, complete INT);
INSERT INTO shapes SELECT id, 4 + id % 9, 2, IF(state IN (3, 5), 100, 3) FROM builds WHERE id <= 60;
INSERT INTO shapes VALUES (61, 8, 3, 4), (62, 6, 2, 6), (63, 12, 3, 6), (64, 120, 9, 66), (65, 2000, 9, 1200), (66, 6, 2, 3), (67, 4, 2, 2);
INSERT INTO components (build_id, name, repository, ref, `commit`, batch, state, state_reason, nvr, task_id, task_state, attempt, tagged)
SELECT s.build_id, IF(c.seq = 1, 'module-build-macros', CONCAT(ELT(1 + c.seq % 8, 'perl-DBD-Pg', 'libuv', 'nodejs-packaging', 'pgaudit', 'postgres-decoderbufs', 'python-rpm-macros', 'zstd', 'gcc-toolset-annobin'), IF(c.seq > 8, CONCAT('-', c.seq), ''),
		IF(s.build_id = 67, CONCAT('-', REPEAT('long-name', 8)), ''))),
	'https://src.example.org/rpms/x.git', 'main', SHA1(c.seq), IF(c.seq = 1, 1, 2 + (c.seq - 2) * (s.batches - 1) DIV GREATEST(s.components - 1, 1)),
	IF(c.seq <= s.complete, 1, NULL), '', NULL, IF(c.seq <= s.complete, s.build_id * 1000 + c.seq, 0), IF(c.seq <= s.complete, 2, NULL), c.seq <= s.complete, c.seq <= s.complete
FROM shapes s JOIN seq_1_to_2000 c ON c.seq <= s.components;
UPDATE components SET nvr = CONCAT(name, '-4.18.0-1.module+', build_id, '+', LEFT(SHA1(build_id), 8)) WHERE state = 1;

-- What is being built in the next batch, and what failed or was canceled there.
CREATE TEMPORARY TABLE current AS SELECT build_id, MIN(batch) AS batch FROM components WHERE state IS NULL GROUP BY build_id;
UPDATE components c JOIN current USING (build_id, batch) JOIN builds b ON b.id = c.build_id SET c.attempt = 1, c.task_id = c.id + 70000,
	c.state = IF(b.state = 2, 0, 3), c.task_state = IF(b.state = 2, 1, IF(b.id = 66, 3, 5)), c.state_reason = IF(b.state = 2, '', IF(b.id = 66, 'The task was canceled.', 'rpmbuild ended with 1'))
WHERE c.state IS NULL;
UPDATE builds b JOIN (SELECT build_id, GROUP_CONCAT(name SEPARATOR ', ') AS names FROM components WHERE task_state = 5 GROUP BY build_id) c ON c.build_id = b.id
	SET b.gen = b.gen + 1, b.state_reason = CONCAT('Component(s) ', c.names, ' failed to build.') WHERE b.state = 4;
UPDATE components c JOIN builds b ON b.id = c.build_id SET c.state = 3, c.state_reason = b.state_reason WHERE c.state IS NULL AND b.state IN (4, 6);
UPDATE builds b JOIN (SELECT build_id, MAX(batch) AS batch FROM components WHERE attempt > 0 GROUP BY build_id) c ON c.build_id = b.id SET b.gen = b.gen + 1, b.batch = c.batch, b.repo_batch = c.batch;
INSERT INTO attempts (build_id, component_id, attempt, epoch, idem_key, task_id, state, state_reason, started_at, finished_at)
SELECT c.build_id, c.id, 1, 1, MD5(c.id), c.task_id, c.state, c.state_reason, b.submitted_at + INTERVAL 10 + 60 * c.batch SECOND,
	IF(c.state = 0, NULL, b.submitted_at + INTERVAL 10 + 60 * c.batch + 5 + c.id * 7919 % 500 SECOND)
FROM components c JOIN builds b ON b.id = c.build_id WHERE c.attempt = 1;
INSERT INTO build_views (build_id, gen, tasks) SELECT c.build_id, MAX(b.gen), CONCAT('{', GROUP_CONCAT(CONCAT('"rpms\\/', COALESCE(c.nvr, c.name), '":"', c.task_id, '\\/',
	ELT(COALESCE(c.task_state, 0) + 1, 'free', 'open', 'closed', 'canceled', 'assigned', 'failed'), '"')), '}') FROM components c JOIN builds b ON b.id = c.build_id GROUP BY c.build_id;
INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at)
SELECT id, t.seq, t.seq, IF(t.seq = 1, NULL, t.seq - 2), t.seq - 1, '', IF(t.seq = 1, owner, 'scheduler'), submitted_at + INTERVAL (t.seq - 1) * 3 SECOND FROM builds JOIN seq_1_to_3 t;
INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at)
SELECT id, 4, 4, 2, state, state_reason, 'scheduler', completed_at FROM builds WHERE completed_at IS NOT NULL AND state <> 2;
INSERT INTO claims (build_id, last_error) SELECT id, '' FROM builds;
-- 64 is built by a Koji hub that is away.
UPDATE builds SET gen = gen + 1, builder = 'koji', tag = CONCAT('module-', name, '-', stream, '-', version, '-', context), target = 'module-1cf457d452e54dda', repo_task_id = 4711 WHERE id = 64;
UPDATE claims SET due_at = UTC_TIMESTAMP(6) + INTERVAL 3600 SECOND, last_error = 'builder koji: https://koji.example.org/kojihub cannot be reached: Connection refused' WHERE build_id = 64;
INSERT INTO modulemds (build_id, kind, text) SELECT id, 0, CONCAT('document: modulemd\ndata:\n  name: ', name, '\n') FROM builds;
INSERT INTO warnings (build_id, component, text, created_at) VALUES
	(61, 'pgaudit', 'The branch "stream-pgaudit-16" was resolved to a commit; name a commit to make the build repeatable.', UTC_TIMESTAMP(6)),
	(61, '', 'No default profile: dnf cannot install this module without naming packages.', UTC_TIMESTAMP(6));
INSERT INTO log_excerpts (build_id, component_id, attempt, file, excerpt)
SELECT build_id, id, 1, 'build.log', CONCAT('gcc -O2 -g -Wall -Wextra -fPIC -I/usr/include/pgsql -c dbdimp.c -o dbdimp.o\n',
	'dbdimp.c: In function ''pg_st_prepare_statement'':\ndbdimp.c:1874:17: error: implicit declaration of function ''PQsendPrepareX''; did you mean ''PQsendPrepare''? [-Werror=implicit-function-declaration]\n',
	' 1874 |                 PQsendPrepareX(imp_dbh->conn, imp_sth->prepare_name, statement, params, NULL);\n      |                 ^~~~~~~~~~~~~~\n',
	'cc1: all warnings being treated as errors\nmake: *** [Makefile:352: dbdimp.o] Error 1\nerror: Bad exit status from /var/tmp/rpm-tmp.8fQb2x (%build)\n')
FROM components WHERE state = 3 AND task_state = 5;
INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at)
SELECT ROW_NUMBER() OVER (ORDER BY t.at, t.build_id, t.seq), t.build_id, t.seq, b.name, b.owner, UUID(), '{}', t.at FROM trace t JOIN builds b ON b.id = t.build_id;
INSERT INTO deliveries (event_no, build_id, receiver, status, milliseconds, is_accepted, answer, at) VALUES
	(241, 61, 'https://ci.example.org', 0, 10001, FALSE, 'Operation timed out after 10001 milliseconds with 0 bytes received', UTC_TIMESTAMP(6)),
	(241, 61, 'https://ci.example.org', 503, 74, FALSE, 'HTTP 503: The deployment is being replaced; please come back in a minute.', UTC_TIMESTAMP(6)),
	(241, 61, 'https://ci.example.org', 202, 31, TRUE, '{"queued":"rida-61-failed"}', UTC_TIMESTAMP(6));
