-- 17: checkpoints have a view of their own.
SELECT num_timed, num_requested FROM pg_stat_checkpointer
