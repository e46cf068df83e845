-- Who we talk to and what the role may see.
SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_postmaster_start_time(),
       pg_is_in_recovery(), current_database()::text, current_user::text,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       pg_has_role(current_user, 'pg_monitor', 'USAGE'),
       (SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements'),
       current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int
