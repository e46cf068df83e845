-- The oldest open transactions; first how many sessions the role may not look into, and how many autovacuum workers run.
SELECT NULL::int, count(*) FILTER (WHERE backend_type IS NULL AND usesysid IS NOT NULL)::text,
       count(*) FILTER (WHERE backend_type = 'autovacuum worker')::text, NULL, NULL, NULL::float8, NULL::float8
FROM pg_stat_activity
UNION ALL
(SELECT pid, coalesce(application_name, ''), coalesce(usename::text, ''), coalesce(datname::text, ''), coalesce(state, ''),
        extract(epoch FROM clock_timestamp() - xact_start)::float8,
        CASE WHEN state LIKE 'idle in transaction%'
             THEN extract(epoch FROM clock_timestamp() - state_change)::float8 END
 FROM pg_stat_activity
 WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND coalesce(application_name, '') NOT LIKE 'opsconsole%'
 ORDER BY xact_start
 LIMIT 50)
