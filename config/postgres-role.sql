-- A role that sees everything the Queries tab shows and can change nothing.
-- psql -d shop -f postgres-role.sql, as a superuser (managed services: as the administrator they give you).
-- pg_stat_statements needs shared_preload_libraries = 'pg_stat_statements' and a restart before the extension answers.
CREATE ROLE opsconsole LOGIN CONNECTION LIMIT 5;
GRANT pg_monitor TO opsconsole;
ALTER ROLE opsconsole SET default_transaction_read_only = on;
ALTER ROLE opsconsole SET statement_timeout = '10s';
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

-- 16 and later: with reserved_connections = 2 it still gets in when all others are taken, which is when one looks:
-- GRANT pg_use_reserved_connections TO opsconsole;

-- How far sequences are, and column statistics, only those see who may read them (14 and later: or pg_read_all_data):
-- GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO opsconsole;

-- The customer table, where it lies in this database:
-- GRANT SELECT ON customer_health, customer_requests TO opsconsole;

-- Set the password where it does not enter a history: \password opsconsole
