-- Indexes that another one of the same table makes superfluous: equal to it, or its columns are the first of the other's.
SELECT n.nspname || '.' || ic.relname, n.nspname || '.' || t.relname,
       ic.relpages::bigint * current_setting('block_size')::int, n.nspname || '.' || kc.relname, p.exact
FROM pg_index i
JOIN pg_index k ON k.indrelid = i.indrelid AND k.indexrelid <> i.indexrelid
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_class kc ON kc.oid = k.indexrelid AND kc.relam = ic.relam
JOIN pg_am m ON m.oid = ic.relam
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT i.indkey = k.indkey AND i.indnkeyatts = k.indnkeyatts AND i.indclass = k.indclass
             AND i.indcollation = k.indcollation AND i.indoption = k.indoption AS exact,
           EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = k.indexrelid) AS other_stays
) p
WHERE i.indisvalid AND k.indisvalid AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
  AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
  AND pg_get_expr(i.indpred, i.indrelid) IS NOT DISTINCT FROM pg_get_expr(k.indpred, k.indrelid)
  AND pg_get_expr(i.indexprs, i.indrelid) IS NOT DISTINCT FROM pg_get_expr(k.indexprs, k.indrelid)
  AND CASE WHEN p.exact THEN k.indisunique > i.indisunique
                             OR k.indisunique = i.indisunique AND (p.other_stays OR k.indexrelid < i.indexrelid)
      ELSE m.amname = 'btree' AND NOT i.indisunique AND i.indexprs IS NULL
           AND i.indnatts = i.indnkeyatts AND i.indnkeyatts < k.indnkeyatts
           AND k.indkey::text || ' ' LIKE i.indkey::text || ' %' AND k.indclass::text || ' ' LIKE i.indclass::text || ' %'
           AND k.indcollation::text || ' ' LIKE i.indcollation::text || ' %'
           AND k.indoption::text || ' ' LIKE i.indoption::text || ' %' END
ORDER BY 3 DESC
LIMIT 100
