-- All statement counters; no texts, which are long and fetched once per new statement.
SELECT userid::bigint, dbid::bigint, queryid, true AS toplevel, calls, total_exec_time, rows,
       shared_blks_hit, shared_blks_read, temp_blks_read + temp_blks_written, wal_bytes::bigint, NULL::timestamptz
FROM {schema}.pg_stat_statements(false)
WHERE queryid IS NOT NULL AND calls > 0
