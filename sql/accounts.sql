-- SPDX-License-Identifier: MIT
-- The database and its three accounts, each with the least it needs. Run it as the server's
-- administrator, before "rida-admin migrate" and after each release; running it again is harmless.
--
-- The accounts are of this host ('localhost': the server's socket). For programs on other hosts,
-- replace 'localhost' by their address throughout, and let the account REQUIRE SSL. Each account
-- starts with socket authentication: the system user of that name is the database user. For
-- passwords instead:
--
--	ALTER USER 'rida_web'@'localhost' IDENTIFIED BY '...';
--
-- Triggers act with the rights of the account that migrates. A server that keeps a binary log
-- wants log_bin_trust_function_creators=1 for their creation. The right to SELECT includes FOR UPDATE:
-- a global idle_transaction_timeout (15 seconds, say) ends locks that a stolen account holds.

CREATE DATABASE IF NOT EXISTS rida CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE USER IF NOT EXISTS 'rida_web'@'localhost' IDENTIFIED VIA unix_socket;
CREATE USER IF NOT EXISTS 'rida_scheduler'@'localhost' IDENTIFIED VIA unix_socket;
CREATE USER IF NOT EXISTS 'rida_admin'@'localhost' IDENTIFIED VIA unix_socket;

-- Whatever floods the web, the others find a connection: together they have less than 80 % of the 151
-- that a server allows by default. A reading worker has up to two, a submission worker one: with more
-- than 25 read_workers, raise this and max_connections.
ALTER USER 'rida_web'@'localhost' WITH MAX_USER_CONNECTIONS 60;
ALTER USER 'rida_scheduler'@'localhost' WITH MAX_USER_CONNECTIONS 40;
ALTER USER 'rida_admin'@'localhost' WITH MAX_USER_CONNECTIONS 10;

-- rida_admin changes the schema and mends rows.
GRANT ALL ON rida.* TO 'rida_admin'@'localhost';

-- rida_web reads everything, inserts submissions and requests, and changes nothing. A right on a
-- table that does not exist yet is only granted together with CREATE, which is taken back at once.
GRANT SELECT ON rida.* TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.builds TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.components TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.modulemds TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.build_views TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.claims TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.trace TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.outbox TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.warnings TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.requests TO 'rida_web'@'localhost';
GRANT INSERT, CREATE ON rida.idempotency_keys TO 'rida_web'@'localhost';
REVOKE CREATE ON rida.builds FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.components FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.modulemds FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.build_views FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.claims FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.trace FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.outbox FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.warnings FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.requests FROM 'rida_web'@'localhost';
REVOKE CREATE ON rida.idempotency_keys FROM 'rida_web'@'localhost';

-- rida_scheduler moves builds and never inserts one; it removes only what housekeeping may remove.
-- Counters move by triggers, so that it has no right to them.
GRANT SELECT ON rida.* TO 'rida_scheduler'@'localhost';
GRANT UPDATE, CREATE ON rida.builds TO 'rida_scheduler'@'localhost';
GRANT UPDATE, CREATE ON rida.components TO 'rida_scheduler'@'localhost';
GRANT UPDATE, CREATE ON rida.claims TO 'rida_scheduler'@'localhost';
GRANT UPDATE, CREATE ON rida.limits TO 'rida_scheduler'@'localhost';
GRANT UPDATE, CREATE ON rida.requests TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.modulemds TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.build_views TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.attempts TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.effects TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.leases TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, CREATE ON rida.log_excerpts TO 'rida_scheduler'@'localhost';
GRANT INSERT, CREATE ON rida.trace TO 'rida_scheduler'@'localhost';
GRANT INSERT, DELETE, CREATE ON rida.build_requires TO 'rida_scheduler'@'localhost';
GRANT INSERT, CREATE ON rida.warnings TO 'rida_scheduler'@'localhost';
GRANT INSERT, UPDATE, DELETE, CREATE ON rida.outbox TO 'rida_scheduler'@'localhost';
GRANT INSERT, CREATE ON rida.events TO 'rida_scheduler'@'localhost';
GRANT INSERT, DELETE, CREATE ON rida.deliveries TO 'rida_scheduler'@'localhost';
GRANT DELETE, CREATE ON rida.idempotency_keys TO 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.builds FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.components FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.claims FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.limits FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.requests FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.modulemds FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.build_views FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.attempts FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.effects FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.leases FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.log_excerpts FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.trace FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.build_requires FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.warnings FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.outbox FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.events FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.deliveries FROM 'rida_scheduler'@'localhost';
REVOKE CREATE ON rida.idempotency_keys FROM 'rida_scheduler'@'localhost';
