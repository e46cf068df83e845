-- 14: query_id joins a session to its statement. Takes no lock of the lock tables.
-- The query is taken as bytes: another database may have another encoding.
SELECT a.pid, a.backend_start, a.state, a.application_name, a.usename, a.datname,
       coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'local' ELSE '' END),
       a.wait_event_type, a.wait_event, substring(textsend(a.query) FROM 1 FOR 2000), a.query_start, a.xact_start, a.state_change,
       a.query_id, a.backend_type, a.client_port, a.leader_pid,
       greatest(age(a.backend_xmin), age(a.backend_xid)),
       a.pid = pg_backend_pid() OR coalesce(a.application_name, '') LIKE 'opsconsole%'
FROM pg_stat_activity a
ORDER BY a.pid
