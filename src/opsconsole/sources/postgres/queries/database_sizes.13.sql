-- Bytes of each database on disk; walks the files, so it is asked rarely. Null where the role may not know.
SELECT datname::text, CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                           THEN pg_database_size(oid) END
FROM pg_database
