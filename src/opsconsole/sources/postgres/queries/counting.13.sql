-- Whether pg_stat_statements is loaded: installed is not enough. Nothing else asks less than all entries of it.
SELECT count(*) FROM {schema}.pg_stat_statements(false)
