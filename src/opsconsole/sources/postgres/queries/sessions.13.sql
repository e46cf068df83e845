-- Client sessions; who blocks whom is asked only for those that wait for a lock, since it takes the lock tables' locks.
SELECT a.pid, a.backend_start, a.state, a.application_name, a.usename, a.datname,
       coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'local' ELSE '' END),
       a.wait_event_type, a.wait_event, left(a.query, 2000), a.query_start, a.xact_start, a.state_change,
       NULL::bigint,
       CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END,
       a.backend_type, l.relation, l.mode
FROM pg_stat_activity a
LEFT JOIN LATERAL (
    SELECT coalesce(c.relname::text, w.locktype) AS relation, w.mode
    FROM pg_locks w
    LEFT JOIN pg_class c ON c.oid = w.relation AND w.database IN (0, (
        SELECT oid FROM pg_database WHERE datname = current_database()))
    WHERE w.pid = a.pid AND NOT w.granted
    LIMIT 1
) l ON a.wait_event_type = 'Lock'
WHERE (a.backend_type IN ('client backend', 'walsender', 'parallel worker')
       OR a.backend_type IS NULL AND a.usesysid IS NOT NULL)
  AND a.pid <> pg_backend_pid() AND coalesce(a.application_name, '') NOT LIKE 'opsconsole%'
ORDER BY a.pid
