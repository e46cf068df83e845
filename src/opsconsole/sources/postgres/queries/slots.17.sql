-- 17: why a slot is invalid, and since when nobody reads it.
SELECT slot_name::text, active,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint,
       coalesce(wal_status, ''), slot_type, safe_wal_size, coalesce(invalidation_reason, ''), inactive_since
FROM pg_replication_slots
