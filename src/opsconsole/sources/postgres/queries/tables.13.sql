-- Tables of this database with most dead, changed or scanned rows, and when autovacuum and analyze would come.
SELECT s.schemaname || '.' || s.relname, s.n_live_tup, s.n_dead_tup,
       coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
         + coalesce(o.factor, current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(s.reltuples, 0),
       greatest(s.last_vacuum, s.last_autovacuum), coalesce(o.enabled, true), s.n_mod_since_analyze,
       coalesce(o.analyze_threshold, current_setting('autovacuum_analyze_threshold')::float8)
         + coalesce(o.analyze_factor, current_setting('autovacuum_analyze_scale_factor')::float8) * greatest(s.reltuples, 0),
       greatest(s.last_analyze, s.last_autoanalyze), s.seq_scan, s.seq_tup_read, s.idx_scan,
       s.relpages::bigint * current_setting('block_size')::int
FROM (
    SELECT t.*, c.reltuples, c.relpages, c.reloptions, row_number() OVER (ORDER BY t.n_dead_tup DESC) AS by_dead,
           row_number() OVER (ORDER BY t.n_mod_since_analyze DESC) AS by_modified,
           row_number() OVER (ORDER BY t.seq_tup_read DESC) AS by_read
    FROM pg_stat_user_tables t
    JOIN pg_class c ON c.oid = t.relid
) s
CROSS JOIN LATERAL (
    SELECT max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold')::float8 AS threshold,
           max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor')::float8 AS factor,
           max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_threshold')::float8 AS analyze_threshold,
           max(option_value) FILTER (WHERE option_name = 'autovacuum_analyze_scale_factor')::float8 AS analyze_factor,
           bool_and(option_value::bool) FILTER (WHERE option_name = 'autovacuum_enabled') AS enabled
    FROM pg_options_to_table(s.reloptions)
) o
WHERE s.by_dead <= 100 OR s.by_modified <= 100 OR s.by_read <= 100
