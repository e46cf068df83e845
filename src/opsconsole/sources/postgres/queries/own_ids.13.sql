-- Which entries are queries of ours: the comment at their end says so. The texts are long, so this is asked rarely.
SELECT DISTINCT queryid
FROM {schema}.pg_stat_statements(true)
WHERE queryid IS NOT NULL AND right(rtrim(query), 32) LIKE '%/*application=''opsconsole''*/'
