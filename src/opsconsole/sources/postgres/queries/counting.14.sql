-- 14: what it says of itself tells the same, without its entries.
SELECT dealloc FROM {schema}.pg_stat_statements_info
