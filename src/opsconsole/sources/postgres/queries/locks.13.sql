-- What all that wait want, who blocks those in `pids`, and who has what is wanted.
-- pg_blocking_pids() needs exclusive access to the lock manager's shared state for a short time, once per backend, as
-- its documentation warns: it is asked for backends that wait only, the caller bounds how many and how often, and
-- pg_locks is read once however many they are. Its rows are compared by one text, so that they can be hashed.
WITH waiting AS MATERIALIZED (
    SELECT pid, pg_blocking_pids(pid) AS blockers FROM unnest(%(pids)s::int[]) AS pid
), locks AS MATERIALIZED (
    SELECT *, ROW(locktype, database, relation, page, tuple, virtualxid, transactionid, classid, objid, objsubid)::text
              AS object
    FROM pg_locks
), wanted AS MATERIALIZED (
    SELECT locks.*, blockers FROM locks LEFT JOIN waiting USING (pid) WHERE NOT granted
), writers AS MATERIALIZED (
    SELECT pid FROM wanted WHERE locktype IN ('transactionid', 'spectoken')
    UNION
    SELECT unnest(blockers) FROM wanted WHERE locktype IN ('transactionid', 'spectoken')
), told AS (
    SELECT 'wants' AS kind, wanted.* FROM wanted
    UNION ALL
    (SELECT 'has', locks.*, NULL FROM locks WHERE granted AND object IN (SELECT object FROM wanted) LIMIT 3000)
    UNION ALL
    -- Whoever waits for the end of another transaction waits for one of its rows: it holds that row's tuple lock, or
    -- else both write into the same table.
    (SELECT 'touches', locks.*, NULL FROM locks
     WHERE granted AND pid IN (SELECT pid FROM writers)
       AND (locktype = 'tuple' OR locktype = 'relation' AND mode IN ('RowShareLock', 'RowExclusiveLock'))
     LIMIT 3000)
)
SELECT t.kind, t.pid, t.mode, t.locktype, t.object, d.datname, t.relation::bigint,
       CASE WHEN n.nspname <> 'public' THEN n.nspname || '.' ELSE '' END || c.relname, c.relkind::text, p.relname,
       t.page, t.tuple::int, t.virtualxid, t.transactionid::text, k.relname, t.classid::bigint, t.objid::bigint,
       t.objsubid::int, NULL::timestamptz, t.blockers,
       -- a prepared transaction has no pid; it is known by its lock on its own transaction id
       CASE WHEN t.pid IS NULL THEN ARRAY(
           SELECT o.transactionid::text FROM locks o
           WHERE o.pid IS NULL AND o.virtualtransaction = t.virtualtransaction AND o.locktype = 'transactionid') END
FROM told t
LEFT JOIN pg_database d ON d.oid = t.database
LEFT JOIN pg_class c ON c.oid = t.relation
    AND t.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_class k ON k.oid = t.classid AND t.locktype = 'object'
