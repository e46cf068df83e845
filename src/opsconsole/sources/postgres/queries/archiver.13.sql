-- Whether the log reaches the archive.
SELECT current_setting('archive_mode'), archived_count, failed_count, last_archived_time, last_failed_time,
       coalesce(last_failed_wal, '')
FROM pg_stat_archiver
