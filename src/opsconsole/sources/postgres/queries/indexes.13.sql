-- Indexes that are invalid or were never scanned. Size as of the last vacuum: asking the files would take a lock.
SELECT s.schemaname || '.' || s.indexrelname, s.schemaname || '.' || s.relname,
       c.relpages::bigint * current_setting('block_size')::int, i.indisvalid, s.idx_scan,
       NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident
         AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid),
       NULL::timestamptz
FROM pg_stat_user_indexes s
JOIN pg_index i ON i.indexrelid = s.indexrelid
JOIN pg_class c ON c.oid = s.indexrelid
WHERE NOT i.indisvalid OR s.idx_scan = 0
ORDER BY i.indisvalid, 3 DESC
LIMIT 200
