-- Maintenance that runs now: vacuum, analyze, indexes, cluster, base backup.
SELECT p.kind, p.pid, coalesce(p.datname::text, ''),
       CASE WHEN p.relid IS NULL THEN '' WHEN p.datname = current_database() THEN p.relid::regclass::text
            ELSE 'table ' || p.relid END,
       coalesce(p.phase, ''), p.done, p.total, p.unit, a.query_start,
       CASE WHEN a.query LIKE 'autovacuum:%(to prevent wraparound)%' THEN 'autovacuum, to prevent wraparound'
            WHEN a.backend_type = 'autovacuum worker' THEN 'autovacuum' ELSE coalesce(nullif(a.application_name, ''), '') END
FROM (
    SELECT 'vacuum' AS kind, pid, datname, relid,
           phase AS phase,
           CASE WHEN phase = 'vacuuming heap' THEN heap_blks_vacuumed ELSE heap_blks_scanned END AS done,
           heap_blks_total AS total, 'blocks' AS unit
    FROM pg_stat_progress_vacuum
    UNION ALL
    SELECT 'analyze', pid, datname, relid, phase, sample_blks_scanned, sample_blks_total, 'blocks'
    FROM pg_stat_progress_analyze
    UNION ALL
    SELECT lower(command), pid, datname, relid, phase, CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,
           CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END,
           CASE WHEN blocks_total > 0 THEN 'blocks' ELSE 'rows' END
    FROM pg_stat_progress_create_index
    UNION ALL
    SELECT lower(command), pid, datname, relid, phase, heap_blks_scanned, heap_blks_total, 'blocks'
    FROM pg_stat_progress_cluster
    UNION ALL
    SELECT 'base backup', pid, NULL, NULL, phase, backup_streamed, backup_total, 'bytes'
    FROM pg_stat_progress_basebackup
) p
LEFT JOIN pg_stat_activity a ON a.pid = p.pid
ORDER BY a.query_start
LIMIT 50
