-- 14: the same statement counts apart at top level and inside a function.
SELECT userid::bigint, dbid::bigint, queryid, toplevel, calls, total_exec_time, rows,
       shared_blks_hit, shared_blks_read, temp_blks_read + temp_blks_written, wal_bytes::bigint, NULL::timestamptz
FROM {schema}.pg_stat_statements(false)
WHERE queryid IS NOT NULL AND calls > 0
