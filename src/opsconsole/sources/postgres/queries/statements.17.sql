-- 17: stats_since tells an entry that was evicted and came again; times of local blocks apart.
SELECT string_agg(concat_ws(' ',
       userid, dbid, queryid, toplevel::int,
       calls, total_exec_time, rows, plans, total_plan_time,
       shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written,
       local_blks_read + local_blks_written, temp_blks_read, temp_blks_written,
       shared_blk_read_time + local_blk_read_time + temp_blk_read_time,
       shared_blk_write_time + local_blk_write_time + temp_blk_write_time,
       wal_bytes,
       jit_generation_time + jit_inlining_time + jit_optimization_time + jit_emission_time + jit_deform_time,
       extract(epoch FROM stats_since)), E'\n') FILTER (WHERE queryid IS NOT NULL AND calls > 0),
       count(*) FILTER (WHERE queryid IS NULL), sum(calls)::bigint,
       extract(epoch FROM clock_timestamp() - statement_timestamp())::float8
FROM {schema}.pg_stat_statements(false)
