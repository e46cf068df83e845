-- Checkpoints by time and by request.
SELECT checkpoints_timed, checkpoints_req FROM pg_stat_bgwriter
