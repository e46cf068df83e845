-- Prepared transactions: they hold locks and rows until somebody commits them or rolls them back.
SELECT gid, owner::text, database::text, prepared, age(transaction) FROM pg_prepared_xacts ORDER BY prepared LIMIT 50
