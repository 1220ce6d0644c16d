-- SPDX-License-Identifier: MIT
-- The tables of rida. Each statement may be run again; an empty line ends it, and there is none
-- inside. Times are UTC, set by the database's clock. Numbers of states and kinds are kept for
-- ever and only appended to.

CREATE TABLE IF NOT EXISTS builds (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	uuid CHAR(36) NOT NULL,
	name VARCHAR(128) NOT NULL,
	stream VARCHAR(64) NOT NULL,
	version BIGINT UNSIGNED NOT NULL,
	context VARCHAR(16) NOT NULL,
	state TINYINT UNSIGNED NOT NULL,
	state_reason MEDIUMTEXT NOT NULL,
	failure_type TINYINT UNSIGNED NOT NULL DEFAULT 0,
	verification TINYINT UNSIGNED NOT NULL DEFAULT 0,
	owner VARCHAR(128) NOT NULL,
	scmurl VARCHAR(2048) NOT NULL,
	`commit` VARCHAR(64) NOT NULL,
	branch VARCHAR(128) NOT NULL DEFAULT '',
	builder VARCHAR(16) NOT NULL,
	dist VARCHAR(128) NOT NULL DEFAULT '',
	gen BIGINT UNSIGNED NOT NULL DEFAULT 1,
	event_seq INT UNSIGNED NOT NULL DEFAULT 0,
	epoch INT UNSIGNED NOT NULL DEFAULT 1,
	batch INT UNSIGNED NOT NULL DEFAULT 0,
	repo_batch INT UNSIGNED NOT NULL DEFAULT 0,
	repo_task_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	is_prepared BOOLEAN NOT NULL DEFAULT FALSE,
	is_finished BOOLEAN NOT NULL DEFAULT FALSE,
	is_cleaned BOOLEAN NOT NULL DEFAULT FALSE,
	is_discarded BOOLEAN NOT NULL DEFAULT FALSE,
	is_gate_open BOOLEAN NOT NULL DEFAULT FALSE,
	submitted_at DATETIME(6) NOT NULL,
	modified_at DATETIME(6) NOT NULL,
	completed_at DATETIME(6) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY builds_uuid (uuid),
	UNIQUE KEY builds_nsvc (name, stream, version, context),
	KEY builds_state (state, id),
	KEY builds_owner (owner, id),
	KEY builds_stream (stream, id),
	KEY builds_submitted (submitted_at),
	KEY builds_modified (modified_at),
	KEY builds_completed (completed_at),
	CONSTRAINT builds_state_known CHECK (state <= 6)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS components (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	name VARCHAR(128) NOT NULL,
	repository VARCHAR(2048) NOT NULL,
	ref VARCHAR(128) NOT NULL,
	`commit` VARCHAR(64) NOT NULL DEFAULT '',
	arches VARCHAR(255) NOT NULL DEFAULT '',
	build_order INT NOT NULL DEFAULT 0,
	batch INT UNSIGNED NOT NULL,
	weight DOUBLE NOT NULL DEFAULT 1.5,
	build_only BOOLEAN NOT NULL DEFAULT FALSE,
	build_time_only BOOLEAN NOT NULL DEFAULT FALSE,
	state TINYINT NULL,
	state_reason MEDIUMTEXT NOT NULL,
	nvr VARCHAR(255) NULL,
	task_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	task_state TINYINT NULL,
	attempt INT UNSIGNED NOT NULL DEFAULT 0,
	tagged BOOLEAN NOT NULL DEFAULT FALSE,
	PRIMARY KEY (id),
	UNIQUE KEY components_name (build_id, name),
	UNIQUE KEY components_nvr (build_id, nvr),
	KEY components_state (state, build_id),
	CONSTRAINT components_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS attempts (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	component_id BIGINT UNSIGNED NOT NULL,
	attempt INT UNSIGNED NOT NULL,
	epoch INT UNSIGNED NOT NULL,
	idem_key CHAR(32) NOT NULL,
	task_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	state TINYINT NULL,
	state_reason MEDIUMTEXT NOT NULL,
	nvr VARCHAR(255) NULL,
	started_at DATETIME(6) NOT NULL,
	finished_at DATETIME(6) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY attempts_number (component_id, attempt),
	UNIQUE KEY attempts_key (idem_key),
	KEY attempts_build (build_id),
	CONSTRAINT attempts_component FOREIGN KEY (component_id) REFERENCES components (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS modulemds (
	build_id BIGINT UNSIGNED NOT NULL,
	kind TINYINT UNSIGNED NOT NULL,
	text MEDIUMTEXT NOT NULL,
	PRIMARY KEY (build_id, kind),
	CONSTRAINT modulemds_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS trace (
	build_id BIGINT UNSIGNED NOT NULL,
	seq INT UNSIGNED NOT NULL,
	gen BIGINT UNSIGNED NOT NULL,
	from_state TINYINT UNSIGNED NULL,
	to_state TINYINT UNSIGNED NOT NULL,
	reason MEDIUMTEXT NOT NULL,
	actor VARCHAR(128) NOT NULL,
	at DATETIME(6) NOT NULL,
	PRIMARY KEY (build_id, seq),
	CONSTRAINT trace_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS outbox (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	seq INT UNSIGNED NOT NULL,
	event_no BIGINT UNSIGNED NULL,
	msg_id CHAR(36) NOT NULL,
	topic VARCHAR(128) NOT NULL,
	body MEDIUMTEXT NOT NULL,
	tries INT UNSIGNED NOT NULL DEFAULT 0,
	created_at DATETIME(6) NOT NULL,
	sent_at DATETIME(6) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY outbox_seq (build_id, seq),
	UNIQUE KEY outbox_msg (msg_id),
	UNIQUE KEY outbox_event (event_no),
	KEY outbox_unsent (sent_at, build_id, seq),
	CONSTRAINT outbox_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS claims (
	build_id BIGINT UNSIGNED NOT NULL,
	due_at DATETIME(6) NULL,
	holder VARCHAR(255) NOT NULL DEFAULT '',
	token BIGINT UNSIGNED NOT NULL DEFAULT 0,
	taking BIGINT UNSIGNED NOT NULL DEFAULT 0,
	lease_until DATETIME(6) NULL,
	attempts INT UNSIGNED NOT NULL DEFAULT 0,
	quarantined_at DATETIME(6) NULL,
	last_error TEXT NOT NULL,
	PRIMARY KEY (build_id),
	KEY claims_due (due_at),
	KEY claims_holder (holder),
	CONSTRAINT claims_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS effects (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	component_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	kind TINYINT UNSIGNED NOT NULL,
	number INT UNSIGNED NOT NULL,
	idem_key CHAR(32) NOT NULL,
	state TINYINT UNSIGNED NOT NULL,
	token BIGINT UNSIGNED NOT NULL,
	session_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	external_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
	tries INT UNSIGNED NOT NULL DEFAULT 0,
	problem TEXT NOT NULL,
	intended_at DATETIME(6) NOT NULL,
	done_at DATETIME(6) NULL,
	PRIMARY KEY (id),
	UNIQUE KEY effects_key (idem_key),
	UNIQUE KEY effects_number (build_id, component_id, kind, number),
	KEY effects_open (state, build_id),
	CONSTRAINT effects_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS limits (
	id TINYINT UNSIGNED NOT NULL,
	PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

INSERT IGNORE INTO limits (id) VALUES (1);

CREATE TABLE IF NOT EXISTS requests (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	kind TINYINT UNSIGNED NOT NULL,
	caller VARCHAR(128) NOT NULL,
	created_at DATETIME(6) NOT NULL,
	done_at DATETIME(6) NULL,
	outcome VARCHAR(255) NOT NULL DEFAULT '',
	PRIMARY KEY (id),
	KEY requests_open (done_at, build_id),
	KEY requests_build (build_id),
	CONSTRAINT requests_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS idempotency_keys (
	caller VARCHAR(128) NOT NULL,
	idem_key VARCHAR(128) NOT NULL,
	digest CHAR(64) NOT NULL,
	status SMALLINT UNSIGNED NOT NULL,
	location VARCHAR(255) NOT NULL,
	body MEDIUMTEXT NOT NULL,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (caller, idem_key),
	KEY idempotency_keys_age (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS counters (
	name VARCHAR(32) NOT NULL,
	value BIGINT UNSIGNED NOT NULL DEFAULT 0,
	PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS build_views (
	build_id BIGINT UNSIGNED NOT NULL,
	gen BIGINT UNSIGNED NOT NULL,
	tasks MEDIUMTEXT NOT NULL,
	PRIMARY KEY (build_id),
	CONSTRAINT build_views_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS warnings (
	id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
	build_id BIGINT UNSIGNED NOT NULL,
	component VARCHAR(128) NOT NULL DEFAULT '',
	text TEXT NOT NULL,
	created_at DATETIME(6) NOT NULL,
	PRIMARY KEY (id),
	KEY warnings_build (build_id),
	CONSTRAINT warnings_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS log_excerpts (
	build_id BIGINT UNSIGNED NOT NULL,
	component_id BIGINT UNSIGNED NOT NULL,
	attempt INT UNSIGNED NOT NULL,
	file VARCHAR(255) NOT NULL,
	excerpt TEXT NOT NULL,
	PRIMARY KEY (build_id, component_id, attempt),
	CONSTRAINT log_excerpts_build FOREIGN KEY (build_id) REFERENCES builds (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS leases (
	name VARCHAR(32) NOT NULL,
	holder VARCHAR(255) NOT NULL,
	lease_until DATETIME(6) NOT NULL,
	PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Counters move by triggers, so that no request counts rows. "changes" is moved first: it makes
-- writers queue in one place, and no two of them can wait for each other's counters.
INSERT IGNORE INTO counters (name, value) VALUES
	('changes', 0), ('builds', 0), ('maintenance', 0),
	('state_init', 0), ('state_wait', 0), ('state_build', 0), ('state_done', 0),
	('state_failed', 0), ('state_ready', 0), ('state_garbage', 0);

CREATE OR REPLACE TRIGGER builds_after_insert AFTER INSERT ON builds FOR EACH ROW
BEGIN
	UPDATE counters SET value = value + 1 WHERE name = 'changes';
	UPDATE counters SET value = value + 1 WHERE name = 'builds';
	UPDATE counters SET value = value + 1
		WHERE name = CONCAT('state_', ELT(NEW.state + 1, 'init', 'wait', 'build', 'done', 'failed', 'ready', 'garbage'));
END;

-- What no writer may do, whatever its program believes.
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

CREATE OR REPLACE TRIGGER builds_after_update AFTER UPDATE ON builds FOR EACH ROW
BEGIN
	UPDATE counters SET value = value + 1 WHERE name = 'changes';
	IF NEW.state <> OLD.state THEN
		UPDATE counters SET value = GREATEST(value, 1) - 1
			WHERE name = CONCAT('state_', ELT(OLD.state + 1, 'init', 'wait', 'build', 'done', 'failed', 'ready', 'garbage'));
		UPDATE counters SET value = value + 1
			WHERE name = CONCAT('state_', ELT(NEW.state + 1, 'init', 'wait', 'build', 'done', 'failed', 'ready', 'garbage'));
	END IF;
END;

-- A request makes its build due now and ends its quarantine, so that a build that was set aside
-- can be cancelled; its sender needs no right on claims.
CREATE OR REPLACE TRIGGER requests_after_insert AFTER INSERT ON requests FOR EACH ROW
	UPDATE claims SET due_at = UTC_TIMESTAMP(6), quarantined_at = NULL WHERE build_id = NEW.build_id;
