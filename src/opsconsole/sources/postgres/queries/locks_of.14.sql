-- All locks of one backend and of its parallel workers, what it waits for first; asked when somebody looks.
SELECT l.pid, l.mode, l.locktype, ''::text, d.datname, l.relation::bigint,
       CASE WHEN n.nspname <> 'public' THEN n.nspname || '.' ELSE '' END || c.relname, c.relkind::text, p.relname,
       l.page, l.tuple::int, l.virtualxid, l.transactionid::text, k.relname, l.classid::bigint, l.objid::bigint,
       l.objsubid::int, l.waitstart, l.granted, l.fastpath, count(*) OVER ()
FROM pg_locks l
LEFT JOIN pg_database d ON d.oid = l.database
LEFT JOIN pg_class c ON c.oid = l.relation
    AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_class k ON k.oid = l.classid AND l.locktype = 'object'
WHERE l.pid = ANY(%(pids)s) AND NOT (l.locktype = 'virtualxid' AND l.granted)
ORDER BY l.granted, l.locktype <> 'relation', c.relkind IN ('i', 'I'), c.relname, l.mode
LIMIT 200
