-- What the server has counted of our own queries, whichever role and console asked them.
SELECT queryid, sum(calls)::bigint, sum(total_exec_time)::float8, pg_postmaster_start_time()
FROM {schema}.pg_stat_statements(false)
WHERE queryid = ANY(%(ids)s)
GROUP BY queryid
