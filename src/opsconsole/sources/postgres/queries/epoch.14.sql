-- When counting began, and how often entries were evicted since.
SELECT pg_postmaster_start_time(), stats_reset, dealloc FROM {schema}.pg_stat_statements_info
