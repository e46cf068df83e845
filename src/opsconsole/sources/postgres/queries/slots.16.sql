-- 16: a logical slot on a replica may be in conflict with recovery.
SELECT slot_name::text, active,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                       restart_lsn)::bigint,
       coalesce(wal_status, ''), slot_type, safe_wal_size, CASE WHEN conflicting THEN 'in conflict with recovery' ELSE '' END, NULL::timestamptz
FROM pg_replication_slots
