-- When counting began, how often entries were evicted since, and what is counted at all.
SELECT pg_postmaster_start_time(), stats_reset, dealloc,
       current_setting('pg_stat_statements.max', true), current_setting('pg_stat_statements.track_planning', true),
       current_setting('track_io_timing', true), current_setting('log_min_duration_statement', true)
FROM {schema}.pg_stat_statements_info
