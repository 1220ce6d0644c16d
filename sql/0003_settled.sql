-- SPDX-License-Identifier: MIT
-- A pass looks at a settled build's running components only: settled_gen is the generation at which
-- nothing but an end of its tasks could give it something to do.

ALTER TABLE claims ADD COLUMN IF NOT EXISTS settled_gen BIGINT UNSIGNED NOT NULL DEFAULT 0;

-- Open attempts are found without reading the ended ones.
ALTER TABLE attempts ADD INDEX IF NOT EXISTS attempts_open (build_id, finished_at),
	DROP INDEX IF EXISTS attempts_build;
