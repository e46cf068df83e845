-- The same without the texts, for where one of them cannot be written in this database's encoding.
SELECT s.queryid, s.userid::bigint, s.dbid::bigint, NULL, coalesce(r.rolname, ''), coalesce(d.datname, ''),
       extract(epoch FROM clock_timestamp() - statement_timestamp())::float8
FROM {schema}.pg_stat_statements(false) s
LEFT JOIN pg_roles r ON r.oid = s.userid
LEFT JOIN pg_database d ON d.oid = s.dbid
WHERE s.queryid = ANY(%(ids)s::bigint[])
