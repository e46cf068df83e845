-- Client backends by state, our own included; of sessions that may not be seen state and type are null: those of a
-- database are clients, unless they send the log.
SELECT state, count(*), extract(epoch FROM clock_timestamp() - min(xact_start) FILTER (
           WHERE pid <> pg_backend_pid() AND coalesce(application_name, '') NOT LIKE 'opsconsole%'))::float8
FROM pg_stat_activity
WHERE backend_type = 'client backend'
      OR backend_type IS NULL AND datid IS NOT NULL AND pid NOT IN (SELECT pid FROM pg_stat_get_wal_senders())
GROUP BY state
