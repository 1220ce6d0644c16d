-- SPDX-License-Identifier: MIT
-- What makes lists quick. Each statement may be run again; an empty line ends it, and there is none inside.

-- The builds of one name, owner or stream in the order of their ids, with their state, so that a page is read in
-- order and counting touches no row.
CREATE INDEX IF NOT EXISTS builds_by_name ON builds (name, id, state);

CREATE INDEX IF NOT EXISTS builds_by_owner ON builds (owner, id, state);

CREATE INDEX IF NOT EXISTS builds_by_stream ON builds (stream, id, state);

DROP INDEX IF EXISTS builds_owner ON builds;

DROP INDEX IF EXISTS builds_stream ON builds;

-- The place of each build in the list of all, counted from 1 without gaps (ids have gaps), so that any page of it is
-- found without counting. Builds are never removed.
ALTER TABLE builds ADD COLUMN IF NOT EXISTS position BIGINT UNSIGNED NOT NULL DEFAULT 0;

CREATE INDEX IF NOT EXISTS builds_by_position ON builds (position);

-- Numbering them is no change of a build: the trigger that wants a new generation is away meanwhile.
DROP TRIGGER IF EXISTS builds_before_update;

UPDATE builds AS b JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS position FROM builds) AS n ON n.id = b.id
	SET b.position = n.position WHERE b.position <> n.position;

CREATE OR REPLACE TRIGGER builds_before_update BEFORE UPDATE ON builds FOR EACH ROW
BEGIN
	IF NEW.gen <= OLD.gen THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the generation of a build must rise';
	END IF;
	IF NEW.state <> OLD.state AND NEW.event_seq <= OLD.event_seq THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a change of state must be announced';
	END IF;
	IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
		((0, 1), (0, 4), (1, 2), (1, 4), (2, 3), (2, 4), (3, 5), (4, 0), (4, 1), (4, 6), (5, 6)) THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a build does not change between these states';
	END IF;
END;

INSERT INTO counters (name, value) SELECT 'positions', COUNT(*) FROM builds
	ON DUPLICATE KEY UPDATE value = VALUES(value);

-- Before a build gets its id its writer queues at "changes" until the end of its transaction: so ids and positions
-- are in the same order, and a place that was given to a build that is not stored after all is given again.
CREATE OR REPLACE TRIGGER builds_before_insert BEFORE INSERT ON builds FOR EACH ROW
BEGIN
	UPDATE counters SET value = value + 1 WHERE name = 'changes';
	UPDATE counters SET value = value + 1 WHERE name = 'positions';
	SET NEW.position = (SELECT value FROM counters WHERE name = 'positions');
END;
