-- All statement counters, as one text: turning thousands of rows into values would hold up whoever asks.
-- No query texts, which are long and fetched once per new statement.
SELECT string_agg(concat_ws(' ',
       userid, dbid, queryid, 1,
       calls, total_exec_time, rows, plans, total_plan_time,
       shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written,
       local_blks_read + local_blks_written, temp_blks_read, temp_blks_written,
       blk_read_time,
       blk_write_time,
       wal_bytes,
       0,
       ''), E'\n') FILTER (WHERE queryid IS NOT NULL AND calls > 0),
       count(*) FILTER (WHERE queryid IS NULL), sum(calls)::bigint,
       extract(epoch FROM clock_timestamp() - statement_timestamp())::float8
FROM {schema}.pg_stat_statements(false)
