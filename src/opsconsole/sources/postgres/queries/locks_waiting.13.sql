-- Who waits for a lock, for a role that may not see what others wait for in pg_stat_activity.
SELECT pid FROM pg_locks WHERE NOT granted AND pid IS NOT NULL GROUP BY pid LIMIT 1000
