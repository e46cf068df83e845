-- Prepared transactions by transaction id: what pg_blocking_pids() tells as 0.
SELECT transaction::text, gid, owner::text, database::text, prepared FROM pg_prepared_xacts ORDER BY prepared LIMIT 200
