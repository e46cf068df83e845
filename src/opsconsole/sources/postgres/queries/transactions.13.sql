-- Age of the oldest transaction and of the oldest idle one, and how many sessions the role may not look into.
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float8,
       coalesce(extract(epoch FROM clock_timestamp() - min(state_change) FILTER (
           WHERE state LIKE 'idle in transaction%')), 0)::float8,
       count(*) FILTER (WHERE state IS NULL)
FROM pg_stat_activity
WHERE (backend_type = 'client backend' OR backend_type IS NULL AND usesysid IS NOT NULL) AND pid <> pg_backend_pid() AND coalesce(application_name, '') NOT LIKE 'opsconsole%'
