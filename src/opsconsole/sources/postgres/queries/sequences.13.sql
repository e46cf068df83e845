-- The sequences that are furthest, against their end or that of their column's type; how many the role may not read.
SELECT n.nspname || '.' || c.relname, v.last, v.most, coalesce(o.of, ''), count(*) FILTER (WHERE NOT v.readable) OVER ()
FROM pg_sequence q
JOIN pg_class c ON c.oid = q.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT d.refobjid::regclass || '.' || a.attname AS of,
           CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END AS most
    FROM pg_depend d
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
      AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    LIMIT 1
) o ON true
CROSS JOIN LATERAL (
    SELECT has_sequence_privilege(c.oid, 'USAGE, SELECT') AS readable,
           CASE WHEN has_sequence_privilege(c.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(c.oid) END AS last,
           CASE WHEN q.seqincrement > 0 THEN least(q.seqmax, o.most) ELSE q.seqmin END AS most
) v
WHERE NOT q.seqcycle AND NOT pg_is_other_temp_schema(n.oid) AND NOT (pg_is_in_recovery() AND c.relpersistence <> 'p')
ORDER BY v.last::float8 / nullif(v.most, 0) DESC NULLS LAST
LIMIT 50
