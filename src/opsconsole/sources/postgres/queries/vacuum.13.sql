-- Settings that the vacuum checks compare with, and the cache and deadlock counters of all databases.
SELECT current_setting('autovacuum') = 'on', current_setting('autovacuum_freeze_max_age')::int,
       sum(blks_hit)::bigint, sum(blks_read)::bigint, sum(deadlocks)::bigint,
       max(stats_reset) FILTER (WHERE datname = current_database())
FROM pg_stat_database
