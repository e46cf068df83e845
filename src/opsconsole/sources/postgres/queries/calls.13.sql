-- Statements executed since counting began.
SELECT sum(calls)::bigint FROM {schema}.pg_stat_statements(false)
