-- Tables of this database by dead rows against the number at which autovacuum comes (per-table options included).
SELECT s.schemaname || '.' || s.relname, s.n_live_tup, s.n_dead_tup,
       coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
         + coalesce(o.factor, current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0),
       greatest(s.last_vacuum, s.last_autovacuum), coalesce(o.enabled, true)
FROM pg_stat_user_tables s
JOIN pg_class c ON c.oid = s.relid
CROSS JOIN LATERAL (
    SELECT max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold')::float8 AS threshold,
           max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor')::float8 AS factor,
           bool_and(option_value::bool) FILTER (WHERE option_name = 'autovacuum_enabled') AS enabled
    FROM pg_options_to_table(c.reloptions)
) o
WHERE s.n_dead_tup > 0
ORDER BY s.n_dead_tup DESC
LIMIT 200
