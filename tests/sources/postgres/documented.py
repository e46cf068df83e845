"""Statistics views as PostgreSQL's documentation lists their columns for 13, 14, 16 and 17, with one recorded row each.

Not read from such servers: built from the documentation ("The Cumulative Statistics System", "System Views"). The names
are laid out as views that stand before pg_catalog in the search path, so that the real texts run against them.
"""

COUNT, SIZE, MS, WHEN = "bigint", "bigint", "double precision", "timestamptz"

# view → (column, type, first version, last version), in the order of the documentation
VIEWS: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "pg_replication_slots": (
        ("slot_name", "name", 13, 99), ("plugin", "name", 13, 99), ("slot_type", "text", 13, 99),
        ("datoid", "oid", 13, 99), ("database", "name", 13, 99), ("temporary", "bool", 13, 99),
        ("active", "bool", 13, 99), ("active_pid", "int", 13, 99), ("xmin", "xid", 13, 99),
        ("catalog_xmin", "xid", 13, 99), ("restart_lsn", "pg_lsn", 13, 99), ("confirmed_flush_lsn", "pg_lsn", 13, 99),
        ("wal_status", "text", 13, 99), ("safe_wal_size", SIZE, 13, 99), ("two_phase", "bool", 14, 99),
        ("inactive_since", WHEN, 17, 99), ("conflicting", "bool", 16, 99), ("invalidation_reason", "text", 17, 99),
        ("failover", "bool", 17, 99), ("synced", "bool", 17, 99),
    ),
    "pg_stat_bgwriter": (
        ("checkpoints_timed", COUNT, 13, 16), ("checkpoints_req", COUNT, 13, 16),
        ("checkpoint_write_time", MS, 13, 16), ("checkpoint_sync_time", MS, 13, 16),
        ("buffers_checkpoint", COUNT, 13, 16), ("buffers_clean", COUNT, 13, 99), ("maxwritten_clean", COUNT, 13, 99),
        ("buffers_backend", COUNT, 13, 16), ("buffers_backend_fsync", COUNT, 13, 16), ("buffers_alloc", COUNT, 13, 99),
        ("stats_reset", WHEN, 13, 99),
    ),
    "pg_stat_checkpointer": (
        ("num_timed", COUNT, 17, 99), ("num_requested", COUNT, 17, 99), ("restartpoints_timed", COUNT, 17, 99),
        ("restartpoints_req", COUNT, 17, 99), ("restartpoints_done", COUNT, 17, 99), ("write_time", MS, 17, 99),
        ("sync_time", MS, 17, 99), ("buffers_written", COUNT, 17, 99), ("stats_reset", WHEN, 17, 99),
    ),
    "pg_stat_progress_vacuum": (
        ("pid", "int", 13, 99), ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("relid", "oid", 13, 99),
        ("phase", "text", 13, 99), ("heap_blks_total", COUNT, 13, 99), ("heap_blks_scanned", COUNT, 13, 99),
        ("heap_blks_vacuumed", COUNT, 13, 99), ("index_vacuum_count", COUNT, 13, 99),
        ("max_dead_tuples", COUNT, 13, 16), ("num_dead_tuples", COUNT, 13, 16), ("max_dead_tuple_bytes", SIZE, 17, 99),
        ("dead_tuple_bytes", SIZE, 17, 99), ("num_dead_item_ids", COUNT, 17, 99), ("indexes_total", COUNT, 17, 99),
        ("indexes_processed", COUNT, 17, 99),
    ),
    "pg_stat_progress_copy": (
        ("pid", "int", 14, 99), ("datid", "oid", 14, 99), ("datname", "name", 14, 99), ("relid", "oid", 14, 99),
        ("command", "text", 14, 99), ("type", "text", 14, 99), ("bytes_processed", SIZE, 14, 99),
        ("bytes_total", SIZE, 14, 99), ("tuples_processed", COUNT, 14, 99), ("tuples_excluded", COUNT, 14, 99),
        ("tuples_skipped", COUNT, 17, 99),
    ),
    "pg_stat_user_indexes": (
        ("relid", "oid", 13, 99), ("indexrelid", "oid", 13, 99), ("schemaname", "name", 13, 99),
        ("relname", "name", 13, 99), ("indexrelname", "name", 13, 99), ("idx_scan", COUNT, 13, 99),
        ("last_idx_scan", WHEN, 16, 99), ("idx_tup_read", COUNT, 13, 99), ("idx_tup_fetch", COUNT, 13, 99),
    ),
    "pg_stat_user_tables": (
        ("relid", "oid", 13, 99), ("schemaname", "name", 13, 99), ("relname", "name", 13, 99),
        ("seq_scan", COUNT, 13, 99), ("last_seq_scan", WHEN, 16, 99), ("seq_tup_read", COUNT, 13, 99),
        ("idx_scan", COUNT, 13, 99), ("last_idx_scan", WHEN, 16, 99), ("idx_tup_fetch", COUNT, 13, 99),
        ("n_tup_ins", COUNT, 13, 99), ("n_tup_upd", COUNT, 13, 99), ("n_tup_del", COUNT, 13, 99),
        ("n_tup_hot_upd", COUNT, 13, 99), ("n_tup_newpage_upd", COUNT, 16, 99), ("n_live_tup", COUNT, 13, 99),
        ("n_dead_tup", COUNT, 13, 99), ("n_mod_since_analyze", COUNT, 13, 99), ("n_ins_since_vacuum", COUNT, 13, 99),
        ("last_vacuum", WHEN, 13, 99), ("last_autovacuum", WHEN, 13, 99), ("last_analyze", WHEN, 13, 99),
        ("last_autoanalyze", WHEN, 13, 99), ("vacuum_count", COUNT, 13, 99), ("autovacuum_count", COUNT, 13, 99),
        ("analyze_count", COUNT, 13, 99), ("autoanalyze_count", COUNT, 13, 99),
    ),
    "pg_stat_archiver": (
        ("archived_count", COUNT, 13, 99), ("last_archived_wal", "text", 13, 99), ("last_archived_time", WHEN, 13, 99),
        ("failed_count", COUNT, 13, 99), ("last_failed_wal", "text", 13, 99), ("last_failed_time", WHEN, 13, 99),
        ("stats_reset", WHEN, 13, 99),
    ),
    "pg_stat_replication": (
        ("pid", "int", 13, 99), ("usesysid", "oid", 13, 99), ("usename", "name", 13, 99),
        ("application_name", "text", 13, 99), ("client_addr", "inet", 13, 99), ("client_hostname", "text", 13, 99),
        ("client_port", "int", 13, 99), ("backend_start", WHEN, 13, 99), ("backend_xmin", "xid", 13, 99),
        ("state", "text", 13, 99), ("sent_lsn", "pg_lsn", 13, 99), ("write_lsn", "pg_lsn", 13, 99),
        ("flush_lsn", "pg_lsn", 13, 99), ("replay_lsn", "pg_lsn", 13, 99), ("write_lag", "interval", 13, 99),
        ("flush_lag", "interval", 13, 99), ("replay_lag", "interval", 13, 99), ("sync_priority", "int", 13, 99),
        ("sync_state", "text", 13, 99), ("reply_time", WHEN, 13, 99),
    ),
}  # fmt: skip

# what such a server would answer: column → SQL; a column that the version does not have is left out
ROWS: dict[str, dict[str, str]] = {
    "pg_replication_slots": {
        "slot_name": "'outbox'", "slot_type": "'logical'", "active": "false", "restart_lsn": "'0/100'",
        "wal_status": "'lost'", "conflicting": "true", "catalog_xmin": "'700'",
        "inactive_since": "'2025-03-27 02:00Z'", "invalidation_reason": "'wal_removed'",
    },
    "pg_stat_bgwriter": {
        "checkpoints_timed": "40", "checkpoints_req": "60", "checkpoint_write_time": "1.5",
        "checkpoint_sync_time": "2.5",
    },
    "pg_stat_checkpointer": {"num_timed": "40", "num_requested": "60", "write_time": "1.5", "sync_time": "2.5"},
    "pg_stat_progress_vacuum": {
        "pid": "4711", "datname": "current_database()", "relid": "'orders'::regclass", "phase": "'vacuuming indexes'",
        "heap_blks_total": "1000", "heap_blks_scanned": "410", "indexes_total": "3", "indexes_processed": "1",
    },
    "pg_stat_progress_copy": {
        "pid": "4712", "datname": "current_database()", "relid": "'orders'::regclass", "command": "'COPY FROM'",
        "type": "'FILE'", "bytes_processed": "50", "bytes_total": "200",
    },
    "pg_stat_user_indexes": {
        "relid": "'orders'::regclass", "indexrelid": "'by_customer'::regclass", "schemaname": "'shop'",
        "relname": "'orders'", "indexrelname": "'by_customer'", "idx_scan": "0",
        "last_idx_scan": "'2025-01-01 00:00Z'",
    },
    "pg_stat_user_tables": {
        "relid": "'orders'::regclass", "schemaname": "'shop'", "relname": "'orders'", "seq_scan": "9",
        "seq_tup_read": "900", "idx_scan": "7", "n_live_tup": "100", "n_dead_tup": "60", "n_mod_since_analyze": "5",
        "last_autovacuum": "'2025-03-27 02:00Z'",
    },
    "pg_stat_archiver": {
        "archived_count": "9", "failed_count": "4", "last_failed_wal": "'0A'",
        "last_archived_time": "'2025-03-27 01:00Z'", "last_failed_time": "'2025-03-27 02:00Z'",
    },
    "pg_stat_replication": {
        "application_name": "'standby'", "client_addr": "'10.0.0.2'", "state": "'streaming'", "sync_state": "'async'",
        "replay_lsn": "'0/100'", "replay_lag": "'90 s'", "backend_xmin": "'700'",
    },
}  # fmt: skip


def layout(version: int) -> list[str]:
    """The statements that lay out the views of a version, and what they point to, in a schema named after it."""
    schema = f"v{version}"
    made = [
        f"DROP SCHEMA IF EXISTS {schema} CASCADE",
        f"CREATE SCHEMA {schema}",
        f"SET search_path = {schema}, pg_catalog",
        f"CREATE TABLE {schema}.orders (customer int)",
        f"CREATE INDEX by_customer ON {schema}.orders (customer)",
    ]
    for view, documented in VIEWS.items():
        columns = {name: kind for name, kind, first, last in documented if first <= version <= last}
        if columns:
            cells = ", ".join(f"({ROWS[view].get(name, 'NULL')})::{kind} AS {name}" for name, kind in columns.items())
            made.append(f"CREATE VIEW {schema}.{view} AS SELECT {cells}")
    return made
