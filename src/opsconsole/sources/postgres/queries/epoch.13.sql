-- When counting began; 13 does not tell resets or evictions.
SELECT pg_postmaster_start_time(), NULL::timestamptz, NULL::bigint
