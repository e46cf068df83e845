-- The whole text of one statement as bytes, whatever its encoding, and the names of its user and database.
SELECT substring(textsend(s.query) FOR 1048576), octet_length(s.query), coalesce(r.rolname, ''), coalesce(d.datname, ''),
       current_setting('server_encoding')
FROM {schema}.pg_stat_statements s
LEFT JOIN pg_roles r ON r.oid = s.userid
LEFT JOIN pg_database d ON d.oid = s.dbid
WHERE s.queryid = %(statement)s AND s.userid = %(user)s::bigint AND s.dbid = %(database)s::bigint
ORDER BY octet_length(s.query) DESC LIMIT 1
