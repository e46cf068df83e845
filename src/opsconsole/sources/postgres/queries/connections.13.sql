-- Who holds connections: client backends and walsenders, those that are alike counted together.
SELECT coalesce(application_name, ''), coalesce(usename::text, ''), coalesce(datname::text, ''),
       coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' ELSE '' END),
       coalesce(state, CASE WHEN backend_type = 'walsender' THEN '' ELSE 'hidden' END),
       coalesce(backend_type, 'client backend'), count(*)::int,
       (count(*) FILTER (WHERE wait_event_type = 'Lock'))::int,
       max(extract(epoch FROM clock_timestamp() - state_change))::float8,
       max(extract(epoch FROM clock_timestamp() - xact_start))::float8
FROM pg_stat_activity
WHERE backend_type IN ('client backend', 'walsender') OR backend_type IS NULL AND usesysid IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6
