-- SPDX-License-Identifier: MIT
-- What builds have in a build system with tags, what they are built with, and what an effect has
-- reserved there before it is done.

ALTER TABLE builds ADD COLUMN IF NOT EXISTS tag VARCHAR(256) NOT NULL DEFAULT '' AFTER dist,
	ADD COLUMN IF NOT EXISTS target VARCHAR(256) NOT NULL DEFAULT '' AFTER tag;

ALTER TABLE effects ADD COLUMN IF NOT EXISTS reservation VARCHAR(255) NULL AFTER session_id;

-- The lists are names of RPMs, separated by blanks.
CREATE TABLE IF NOT EXISTS build_requires (
	build_id BIGINT UNSIGNED NOT NULL,
	name VARCHAR(128) NOT NULL,
	stream VARCHAR(64) NOT NULL,
	version BIGINT UNSIGNED NOT NULL,
	context VARCHAR(16) NOT NULL,
	tag VARCHAR(256) NOT NULL,
	is_base BOOLEAN NOT NULL,
	marking VARCHAR(64) NOT NULL,
	buildroot MEDIUMTEXT NOT NULL,
	srpm_buildroot MEDIUMTEXT NOT NULL,
	filter MEDIUMTEXT NOT NULL,
	PRIMARY KEY (build_id, name),
	CONSTRAINT build_requires_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
