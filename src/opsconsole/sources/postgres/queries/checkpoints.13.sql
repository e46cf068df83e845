-- Checkpoints by time and by request, and the milliseconds they took to write and to sync.
SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, checkpoint_sync_time FROM pg_stat_bgwriter
