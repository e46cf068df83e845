-- Headline counters of all databases; replication lag is 0 where everything received has been replayed.
SELECT pg_postmaster_start_time(), pg_is_in_recovery(), sum(blks_hit)::bigint, sum(blks_read)::bigint,
       sum(xact_commit)::bigint, sum(xact_rollback)::bigint, sum(deadlocks)::bigint, sum(temp_bytes)::bigint,
       max(stats_reset),
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
FROM pg_stat_database
