-- Texts of the statements asked for, with the names of user and database.
SELECT s.queryid, s.userid::bigint, s.dbid::bigint, left(s.query, 8000), coalesce(r.rolname, ''), coalesce(d.datname, ''),
       extract(epoch FROM clock_timestamp() - statement_timestamp())::float8
FROM {schema}.pg_stat_statements s
LEFT JOIN pg_roles r ON r.oid = s.userid
LEFT JOIN pg_database d ON d.oid = s.dbid
WHERE s.queryid = ANY(%(ids)s::bigint[])
