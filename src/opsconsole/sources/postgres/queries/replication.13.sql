-- Who streams from this server and how far behind it is; a replica may have replicas of its own.
SELECT coalesce(application_name, ''), coalesce(host(client_addr), 'local'), state, coalesce(sync_state, ''),
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                       replay_lsn)::bigint,
       extract(epoch FROM replay_lag)::float8
FROM pg_stat_replication
ORDER BY 5 DESC NULLS FIRST
LIMIT 50
