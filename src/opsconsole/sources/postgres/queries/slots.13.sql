-- Replication slots and the log they keep from being removed.
SELECT slot_name::text, active,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint,
       coalesce(wal_status, ''), slot_type, safe_wal_size, '', NULL::timestamptz
FROM pg_replication_slots
