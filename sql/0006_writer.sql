-- SPDX-License-Identifier: MIT
-- The server that is written. After a move to another one, nothing is done before an operator has said
-- whether changes were lost; "rida-admin migrate" notes the first one.

-- Tasks of builds up to doubt_id, submitted until doubt_at, may be known to the build system alone:
-- they are looked for there before anything is submitted. Events are numbered from event_base on: lower
-- numbers may have been seen with what was lost.
CREATE TABLE IF NOT EXISTS writer (
	id TINYINT UNSIGNED NOT NULL,
	server VARCHAR(1024) NOT NULL,
	since DATETIME(6) NOT NULL,
	doubt_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	doubt_at DATETIME(6) NULL,
	event_base BIGINT UNSIGNED NOT NULL DEFAULT 0,
	PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
