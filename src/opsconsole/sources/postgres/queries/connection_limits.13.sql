-- What limits connections beside max_connections, and whether the role may use a slot that is kept back.
SELECT 'role', rolname::text, rolconnlimit FROM pg_roles WHERE rolconnlimit >= 0 AND NOT rolsuper
UNION ALL
SELECT 'database', datname::text, datconnlimit FROM pg_database WHERE datconnlimit >= 0
UNION ALL
SELECT 'setting', name, current_setting(name, true)::int
FROM unnest(ARRAY['max_connections', 'superuser_reserved_connections', 'reserved_connections', 'max_wal_senders',
                  'max_replication_slots']) name
UNION ALL
SELECT 'slots', '', count(*)::int FROM pg_replication_slots
UNION ALL
SELECT 'reserve', CASE WHEN rolsuper THEN 'superuser' ELSE 'reserved' END, 1 FROM pg_roles
WHERE rolname = current_user AND (rolsuper OR EXISTS (
    SELECT FROM pg_roles WHERE rolname = 'pg_use_reserved_connections' AND pg_has_role(oid, 'USAGE')))
