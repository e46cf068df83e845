-- 16: when an index was scanned last, so that one that served long ago counts as unused, too.
SELECT s.schemaname || '.' || s.indexrelname, s.schemaname || '.' || s.relname,
       c.relpages::bigint * current_setting('block_size')::int, i.indisvalid, s.idx_scan,
       NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident
         AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid),
       s.last_idx_scan
FROM pg_stat_user_indexes s
JOIN pg_index i ON i.indexrelid = s.indexrelid
JOIN pg_class c ON c.oid = s.indexrelid
WHERE NOT i.indisvalid OR s.idx_scan = 0 OR s.last_idx_scan < now() - interval '30 days'
ORDER BY i.indisvalid, 3 DESC
LIMIT 200
