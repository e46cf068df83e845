-- What the planner knows of the columns of the largest tables that the role may read; no values, which may be personal.
SELECT s.schemaname || '.' || s.tablename, s.attname::text, s.null_frac::float8, s.n_distinct::float8,
       s.correlation::float8, s.avg_width
FROM pg_stats s
JOIN (SELECT n.nspname, c.relname, c.relpages FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      ORDER BY c.relpages DESC LIMIT 20) t ON t.nspname = s.schemaname AND t.relname = s.tablename
WHERE NOT s.inherited
ORDER BY t.relpages DESC, 1, s.null_frac DESC
LIMIT 300
