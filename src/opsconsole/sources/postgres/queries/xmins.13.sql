-- Who holds back the horizon up to which dead rows may be removed, by class; vacuum itself does not.
SELECT * FROM (
    SELECT 'session', pid::text, greatest(age(backend_xmin), age(backend_xid)), xact_start,
           concat_ws(' ', nullif(application_name, ''), usename, datname, state)
    FROM pg_stat_activity
    WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL AND backend_type NOT IN ('walsender', 'autovacuum worker')
      AND pid <> pg_backend_pid() AND coalesce(application_name, '') NOT LIKE 'opsconsole%'
    UNION ALL
    SELECT 'standby feedback', coalesce(nullif(application_name, ''), pid::text), age(backend_xmin), backend_start,
           concat_ws(' ', host(client_addr), state)
    FROM pg_stat_replication WHERE backend_xmin IS NOT NULL
    UNION ALL
    SELECT 'slot', slot_name::text, age(xmin), NULL, CASE WHEN active THEN 'active' ELSE 'inactive' END
    FROM pg_replication_slots WHERE xmin IS NOT NULL
    UNION ALL
    SELECT 'slot catalog', slot_name::text, age(catalog_xmin), NULL, CASE WHEN active THEN 'active' ELSE 'inactive' END
    FROM pg_replication_slots WHERE catalog_xmin IS NOT NULL
    UNION ALL
    SELECT 'prepared', gid, age(transaction), prepared, concat_ws(' ', owner, database)
    FROM pg_prepared_xacts
) h(kind, name, held, since, detail)
ORDER BY held DESC
LIMIT 50
