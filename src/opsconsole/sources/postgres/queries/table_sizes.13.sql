-- Bytes of the largest tables with their indexes and TOAST; asks the files, so rarely, and not where it would wait.
SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)
FROM (SELECT oid, relname, relnamespace FROM pg_class WHERE relkind IN ('r', 'm') ORDER BY relpages DESC LIMIT 50) c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock')
ORDER BY 2 DESC
