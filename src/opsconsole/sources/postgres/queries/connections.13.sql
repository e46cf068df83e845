-- Who holds connections: client backends and walsenders, those that are alike counted together. Of sessions that may not
-- be seen type and state are null: those of a database are clients, unless they send the log.
SELECT coalesce(application_name, ''), coalesce(usename::text, ''), coalesce(datname::text, ''),
       coalesce(host(client_addr), CASE WHEN client_port = -1 THEN 'local' ELSE '' END),
       coalesce(state, CASE WHEN sends THEN '' ELSE 'hidden' END),
       CASE WHEN sends THEN 'walsender' ELSE 'client backend' END, count(*)::int,
       (count(*) FILTER (WHERE wait_event_type = 'Lock'))::int,
       max(extract(epoch FROM clock_timestamp() - state_change))::float8,
       max(extract(epoch FROM clock_timestamp() - xact_start))::float8
FROM pg_stat_activity,
     LATERAL (SELECT coalesce(backend_type = 'walsender', pid IN (SELECT pid FROM pg_stat_get_wal_senders())) sends) kind
WHERE sends OR backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6
