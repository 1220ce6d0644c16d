-- SPDX-License-Identifier: MIT
-- Indexes for the lists. Each has the builds of one name, owner or stream in the order of their ids, with their state,
-- so that a page is read in order and counting touches no row. The last one is the ids alone: pages deep in the whole
-- list skip many of them. Each statement may be run again; an empty line ends it.

CREATE INDEX IF NOT EXISTS builds_by_name ON builds (name, id, state);

CREATE INDEX IF NOT EXISTS builds_by_owner ON builds (owner, id, state);

CREATE INDEX IF NOT EXISTS builds_by_stream ON builds (stream, id, state);

CREATE INDEX IF NOT EXISTS builds_by_id ON builds (id);

DROP INDEX IF EXISTS builds_owner ON builds;

DROP INDEX IF EXISTS builds_stream ON builds;
