-- 17: checkpoints have a view of their own.
SELECT num_timed, num_requested, write_time, sync_time FROM pg_stat_checkpointer
