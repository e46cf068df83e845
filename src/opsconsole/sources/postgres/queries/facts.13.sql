-- Headline counters of all databases, and where in which history of the log this server stands.
-- Replication lag is 0 where everything received has been replayed and more may come; a replica whose receiver is gone
-- is as old as what it replayed last.
SELECT pg_postmaster_start_time(), pg_is_in_recovery(), sum(blks_hit)::bigint, sum(blks_read)::bigint,
       sum(xact_commit)::bigint, sum(xact_rollback)::bigint, sum(deadlocks)::bigint, sum(temp_bytes)::bigint,
       max(stats_reset),
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                 AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8,
       CASE WHEN pg_is_in_recovery() THEN (SELECT received_tli FROM pg_stat_wal_receiver)
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text,
       CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) END::bigint,
       host(inet_server_addr()), inet_server_port(),
       (SELECT CASE WHEN sender_host IS NULL THEN NULL ELSE concat_ws(':', sender_host, sender_port) END
        FROM pg_stat_wal_receiver),
       EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)
FROM pg_stat_database
