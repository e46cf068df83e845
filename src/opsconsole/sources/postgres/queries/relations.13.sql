-- How many rows the planner takes relations for; below 0 where nobody has counted yet.
SELECT c.relname, max(c.reltuples)::float8
FROM pg_class c
WHERE c.relname = ANY(%(names)s::name[]) AND c.relkind IN ('r', 'm', 'p', 'f') AND pg_table_is_visible(c.oid)
GROUP BY c.relname
