-- What every session starts with; what roles, databases and this session set for themselves is left out. Sizes with
-- their unit; the order in which AND is evaluated is not fixed, that of CASE is.
SELECT name,
       CASE WHEN vartype <> 'integer' OR unit IS NULL THEN reset_val || coalesce(unit, '')
            WHEN unit NOT LIKE '%B' THEN reset_val || unit
            WHEN reset_val::bigint < 0 THEN reset_val
            WHEN unit = 'B' THEN pg_size_pretty(reset_val::bigint)
            ELSE pg_size_pretty(reset_val::bigint
                                * pg_size_bytes(CASE WHEN unit ~ '^\d' THEN unit ELSE '1' || unit END)) END,
       pg_postmaster_start_time(), pg_conf_load_time()
FROM pg_settings
WHERE source IN ('default', 'environment variable', 'configuration file', 'command line') AND context <> 'internal'
