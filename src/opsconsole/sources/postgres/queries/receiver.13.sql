-- How this replica follows; seconds are 0 where everything received has been replayed.
SELECT coalesce(r.status, ''), coalesce(r.sender_host, '') || coalesce(':' || r.sender_port, ''),
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint,
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8,
       CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END, r.pid IS NOT NULL
FROM (SELECT) one
LEFT JOIN pg_stat_wal_receiver r ON true
WHERE pg_is_in_recovery()
