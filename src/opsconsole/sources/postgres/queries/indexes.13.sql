-- Indexes that are invalid or were never scanned.
SELECT s.schemaname || '.' || s.indexrelname, s.schemaname || '.' || s.relname, pg_relation_size(s.indexrelid),
       i.indisvalid, s.idx_scan,
       NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion
         AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid)
FROM pg_stat_user_indexes s
JOIN pg_index i ON i.indexrelid = s.indexrelid
WHERE NOT i.indisvalid OR s.idx_scan = 0
ORDER BY i.indisvalid, 3 DESC
LIMIT 200
