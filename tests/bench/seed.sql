-- SPDX-License-Identifier: MIT
-- @builds@ builds in state @state@ with @components@ components each, in statements on sets. Each
-- @running@ components of a build are a batch; all of a finished build are complete.

SET unique_checks = 0, foreign_key_checks = 0;

INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, verification, owner, scmurl,
	`commit`, builder, dist, event_seq, is_prepared, is_gate_open, submitted_at, modified_at, completed_at)
SELECT seq, UUID(), CONCAT('module-', seq MOD 1000), CONCAT('stream-', seq MOD 10), 20260101000000 + seq,
	'00000000', @state@, '', 1, CONCAT('user-', seq MOD 50), CONCAT('https://git.example.org/modules/module-', seq MOD 1000),
	SHA1(seq), 'memory', '.module+1', 1, TRUE, FALSE, '2026-01-01' + INTERVAL seq SECOND,
	UTC_TIMESTAMP(6), IF(@state@ IN (3, 5), '2026-01-02' + INTERVAL seq SECOND, NULL)
FROM seq_1_to_@builds@;

INSERT INTO components (build_id, name, repository, ref, `commit`, batch, state, state_reason, nvr, task_id,
	task_state, attempt, tagged)
SELECT b.seq, CONCAT('component-', LPAD(c.seq, 3, '0')), 'https://git.example.org/rpms/component.git', 'hang',
	SHA1(c.seq), 2 + (c.seq - 1) DIV @running@, IF(@state@ IN (3, 5), 1, NULL), '',
	IF(@state@ IN (3, 5), CONCAT('component-', LPAD(c.seq, 3, '0'), '-1-1.module+1'), NULL),
	IF(@state@ IN (3, 5), b.seq * 1000 + c.seq, 0), IF(@state@ IN (3, 5), 2, NULL), @state@ IN (3, 5), @state@ IN (3, 5)
FROM seq_1_to_@builds@ AS b STRAIGHT_JOIN seq_1_to_@components@ AS c;

INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at)
SELECT id, 1, 1, NULL, state, '', owner, submitted_at FROM builds;

INSERT INTO claims (build_id, due_at, last_error)
SELECT id, IF(@state@ IN (3, 5), NULL, UTC_TIMESTAMP(6)), '' FROM builds;

INSERT INTO modulemds (build_id, kind, text) SELECT id, 0, 'document: modulemd\n' FROM builds;

INSERT INTO build_views (build_id, gen, tasks)
SELECT build_id, 1, CONCAT('{', GROUP_CONCAT('"rpms\\/', COALESCE(nvr, name), '":"', task_id, '\\/',
	IF(task_state IS NULL, 'free', 'closed'), '"' ORDER BY batch, name SEPARATOR ','), '}')
FROM components GROUP BY build_id;

ANALYZE TABLE builds, components, build_views;
