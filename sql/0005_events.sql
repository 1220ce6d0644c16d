-- SPDX-License-Identifier: MIT
-- Every state change as an event with a number, kept for ever; messages that a bus refuses; what a
-- receiver answered; and why a build waits.

-- Numbers are given by the one holder of the lease "outbox", in a transaction after that of the
-- change: so no number is missing and none below one that was seen appears later. The body is the
-- message's.
CREATE TABLE IF NOT EXISTS events (
	event_no BIGINT UNSIGNED NOT NULL,
	build_id BIGINT UNSIGNED NOT NULL,
	seq INT UNSIGNED NOT NULL,
	name VARCHAR(128) NOT NULL,
	owner VARCHAR(128) NOT NULL,
	msg_id CHAR(36) NOT NULL,
	body MEDIUMTEXT NOT NULL,
	at DATETIME(6) NOT NULL,
	PRIMARY KEY (event_no),
	UNIQUE KEY events_seq (build_id, seq),
	KEY events_name (name, event_no),
	KEY events_owner (owner, event_no),
	CONSTRAINT events_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- A message waits until next_try_at (NULL: it may go now); one that can never go, or was refused too
-- often, is dead, and holds up nothing. problem is what its last try ended with.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS refusals INT UNSIGNED NOT NULL DEFAULT 0 AFTER tries,
	ADD COLUMN IF NOT EXISTS next_try_at DATETIME(6) NULL AFTER refusals,
	ADD COLUMN IF NOT EXISTS dead_at DATETIME(6) NULL AFTER next_try_at,
	ADD COLUMN IF NOT EXISTS problem TEXT NULL AFTER dead_at;

-- Events of before this release: what the outbox still has as it was sent, older ones in short.
INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at)
	SELECT ROW_NUMBER() OVER (ORDER BY t.at, t.build_id, t.seq), t.build_id, t.seq, b.name, b.owner,
		COALESCE(o.msg_id, UUID()),
		COALESCE(o.body, JSON_OBJECT('id', b.id, 'state', t.to_state, 'state_name',
			ELT(t.to_state + 1, 'init', 'wait', 'build', 'done', 'failed', 'ready', 'garbage'),
			'name', b.name, 'stream', b.stream, 'version', CAST(b.version AS CHAR), 'context', b.context,
			'owner', b.owner, 'scmurl', b.scmurl, 'state_reason', NULLIF(t.reason, ''))), t.at
	FROM trace AS t JOIN builds AS b ON b.id = t.build_id
		LEFT JOIN outbox AS o ON o.build_id = t.build_id AND o.seq = t.seq
	WHERE NOT EXISTS (SELECT 1 FROM events);

UPDATE outbox AS o JOIN events AS e ON e.build_id = o.build_id AND e.seq = o.seq SET o.event_no = e.event_no
	WHERE o.event_no IS NULL;

-- What waits is found in the order of events; the numbers of one build are in the order of its changes.
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (sent_at, dead_at, event_no);

-- The breaker of the drain: after failures in a row nobody tries again before retry_at.
ALTER TABLE leases ADD COLUMN IF NOT EXISTS failures INT UNSIGNED NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS retry_at DATETIME(6) NULL,
	ADD COLUMN IF NOT EXISTS problem TEXT NULL;

INSERT IGNORE INTO leases (name, holder, lease_until) VALUES ('outbox', '', UTC_TIMESTAMP(6));

-- Each try of a message at a receiver that answers (a webhook): status 0 is no answer.
CREATE TABLE IF NOT EXISTS deliveries (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	event_no BIGINT UNSIGNED NOT NULL,
	build_id BIGINT UNSIGNED NOT NULL,
	receiver VARCHAR(255) NOT NULL,
	status SMALLINT UNSIGNED NOT NULL,
	milliseconds INT UNSIGNED NOT NULL,
	is_accepted BOOLEAN NOT NULL,
	answer TEXT NOT NULL,
	at DATETIME(6) NOT NULL,
	PRIMARY KEY (id),
	KEY deliveries_event (event_no),
	KEY deliveries_build (build_id, id),
	KEY deliveries_age (at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Why the build waits, as the scheduler found when it last looked (enum wait of the state machine),
-- and since when. What was set aside is found without reading the rest.
ALTER TABLE claims ADD COLUMN IF NOT EXISTS waits_for TINYINT UNSIGNED NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS waits_since DATETIME(6) NULL,
	ADD COLUMN IF NOT EXISTS looked_at DATETIME(6) NULL,
	ADD INDEX IF NOT EXISTS claims_quarantined (quarantined_at);
