-- The tables that are next to be frozen, catalogs and TOAST included; per-table options may only lower the limit.
SELECT n.nspname || '.' || c.relname, age(c.relfrozenxid), mxid_age(c.relminmxid),
       least(current_setting('autovacuum_freeze_max_age')::bigint,
             (SELECT max(option_value)::bigint FROM pg_options_to_table(c.reloptions)
              WHERE option_name = 'autovacuum_freeze_max_age')),
       c.relpages::bigint * current_setting('block_size')::int
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'
ORDER BY greatest(age(c.relfrozenxid), mxid_age(c.relminmxid)) DESC
LIMIT 20
