-- When counting began, and what is counted at all; 13 does not tell resets or evictions.
SELECT pg_postmaster_start_time(), NULL::timestamptz, NULL::bigint,
       current_setting('pg_stat_statements.max', true), current_setting('pg_stat_statements.track_planning', true),
       current_setting('track_io_timing', true), current_setting('log_min_duration_statement', true)
