-- Each database: how far it is from wraparound, and what its statistics count. Row 0 of the view is shared objects.
SELECT d.datname::text, age(d.datfrozenxid), mxid_age(d.datminmxid), coalesce(s.xact_commit, 0),
       coalesce(s.xact_rollback, 0), coalesce(s.blks_hit, 0), coalesce(s.blks_read, 0), coalesce(s.deadlocks, 0),
       coalesce(s.temp_files, 0), coalesce(s.temp_bytes, 0), s.checksum_failures, s.checksum_last_failure, s.stats_reset
FROM pg_database d
LEFT JOIN pg_stat_database s ON s.datid = d.oid
WHERE d.datallowconn
ORDER BY 2 DESC
