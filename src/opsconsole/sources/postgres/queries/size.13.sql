-- Bytes of the database on disk; walks its files, so it is asked rarely.
SELECT pg_database_size(current_database())
