-- The settings that checks compare with, and those that wait for a restart: what the command line says, a file cannot
-- change, though the server marks it as pending.
SELECT name, CASE WHEN unit NOT LIKE '%B' OR unit IS NULL OR setting LIKE '-%' THEN setting
                  WHEN unit ~ '^\d' THEN pg_size_pretty(setting::bigint * pg_size_bytes(unit))
                  ELSE pg_size_pretty(setting::bigint * pg_size_bytes('1' || unit)) END,
       pending_restart AND source <> 'command line'
FROM pg_settings
WHERE pending_restart
   OR name IN ('autovacuum', 'track_counts', 'autovacuum_max_workers', 'autovacuum_freeze_max_age', 'data_checksums',
               'archive_mode', 'max_wal_size', 'max_slot_wal_keep_size', 'shared_buffers', 'work_mem',
               'idle_in_transaction_session_timeout', 'max_prepared_transactions', 'hot_standby_feedback')
