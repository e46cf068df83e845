"""Statistics views as PostgreSQL's documentation lists their columns for 13 to 18, with recorded answers of each.

Not read from such servers: built from the documentation ("The Cumulative Statistics System", "System Views", "System
Catalogs", "pg_stat_statements"). They are laid out as views that stand before pg_catalog in the search path of a newer
server, so that the real texts run against them and the server itself refuses a column that the version does not have.
"""

COUNT, SIZE, MS, WHEN = "bigint", "bigint", "double precision", "timestamptz"
Column = tuple[str, str, int, int]

# view → (column, type, first version, last version), in the order of the documentation
VIEWS: dict[str, tuple[Column, ...]] = {
    "pg_stat_activity": (
        ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("pid", "int", 13, 99), ("leader_pid", "int", 13, 99),
        ("usesysid", "oid", 13, 99), ("usename", "name", 13, 99), ("application_name", "text", 13, 99),
        ("client_addr", "inet", 13, 99), ("client_hostname", "text", 13, 99), ("client_port", "int", 13, 99),
        ("backend_start", WHEN, 13, 99), ("xact_start", WHEN, 13, 99), ("query_start", WHEN, 13, 99),
        ("state_change", WHEN, 13, 99), ("wait_event_type", "text", 13, 99), ("wait_event", "text", 13, 99),
        ("state", "text", 13, 99), ("backend_xid", "xid", 13, 99), ("backend_xmin", "xid", 13, 99),
        ("query_id", "bigint", 14, 99), ("query", "text", 13, 99), ("backend_type", "text", 13, 99),
    ),
    "pg_locks": (
        ("locktype", "text", 13, 99), ("database", "oid", 13, 99), ("relation", "oid", 13, 99), ("page", "int", 13, 99),
        ("tuple", "int2", 13, 99), ("virtualxid", "text", 13, 99), ("transactionid", "xid", 13, 99),
        ("classid", "oid", 13, 99), ("objid", "oid", 13, 99), ("objsubid", "int2", 13, 99),
        ("virtualtransaction", "text", 13, 99), ("pid", "int", 13, 99), ("mode", "text", 13, 99),
        ("granted", "bool", 13, 99), ("fastpath", "bool", 13, 99), ("waitstart", WHEN, 14, 99),
    ),
    "pg_prepared_xacts": (
        ("transaction", "xid", 13, 99), ("gid", "text", 13, 99), ("prepared", WHEN, 13, 99), ("owner", "name", 13, 99),
        ("database", "name", 13, 99),
    ),
    "pg_stat_database": (
        ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("numbackends", "int", 13, 99),
        ("xact_commit", COUNT, 13, 99), ("xact_rollback", COUNT, 13, 99), ("blks_read", COUNT, 13, 99),
        ("blks_hit", COUNT, 13, 99), ("tup_returned", COUNT, 13, 99), ("tup_fetched", COUNT, 13, 99),
        ("tup_inserted", COUNT, 13, 99), ("tup_updated", COUNT, 13, 99), ("tup_deleted", COUNT, 13, 99),
        ("conflicts", COUNT, 13, 99), ("temp_files", COUNT, 13, 99), ("temp_bytes", SIZE, 13, 99),
        ("deadlocks", COUNT, 13, 99), ("checksum_failures", COUNT, 13, 99), ("checksum_last_failure", WHEN, 13, 99),
        ("blk_read_time", MS, 13, 99), ("blk_write_time", MS, 13, 99), ("session_time", MS, 14, 99),
        ("active_time", MS, 14, 99), ("idle_in_transaction_time", MS, 14, 99), ("sessions", COUNT, 14, 99),
        ("sessions_abandoned", COUNT, 14, 99), ("sessions_fatal", COUNT, 14, 99), ("sessions_killed", COUNT, 14, 99),
        ("parallel_workers_to_launch", COUNT, 18, 99), ("parallel_workers_launched", COUNT, 18, 99),
        ("stats_reset", WHEN, 13, 99),
    ),
    "pg_stat_wal_receiver": (
        ("pid", "int", 13, 99), ("status", "text", 13, 99), ("receive_start_lsn", "pg_lsn", 13, 99),
        ("receive_start_tli", "int", 13, 99), ("written_lsn", "pg_lsn", 13, 99), ("flushed_lsn", "pg_lsn", 13, 99),
        ("received_tli", "int", 13, 99), ("last_msg_send_time", WHEN, 13, 99), ("last_msg_receipt_time", WHEN, 13, 99),
        ("latest_end_lsn", "pg_lsn", 13, 99), ("latest_end_time", WHEN, 13, 99), ("slot_name", "text", 13, 99),
        ("sender_host", "text", 13, 99), ("sender_port", "int", 13, 99), ("conninfo", "text", 13, 99),
    ),
    "pg_stat_progress_analyze": (
        ("pid", "int", 13, 99), ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("relid", "oid", 13, 99),
        ("phase", "text", 13, 99), ("sample_blks_total", COUNT, 13, 99), ("sample_blks_scanned", COUNT, 13, 99),
        ("ext_stats_total", COUNT, 13, 99), ("ext_stats_computed", COUNT, 13, 99),
        ("child_tables_total", COUNT, 13, 99), ("child_tables_done", COUNT, 13, 99),
        ("current_child_table_relid", "oid", 13, 99), ("delay_time", MS, 18, 99),
    ),
    "pg_stat_progress_create_index": (
        ("pid", "int", 13, 99), ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("relid", "oid", 13, 99),
        ("index_relid", "oid", 13, 99), ("command", "text", 13, 99), ("phase", "text", 13, 99),
        ("lockers_total", COUNT, 13, 99), ("lockers_done", COUNT, 13, 99), ("current_locker_pid", COUNT, 13, 99),
        ("blocks_total", COUNT, 13, 99), ("blocks_done", COUNT, 13, 99), ("tuples_total", COUNT, 13, 99),
        ("tuples_done", COUNT, 13, 99), ("partitions_total", COUNT, 13, 99), ("partitions_done", COUNT, 13, 99),
    ),
    "pg_stat_progress_cluster": (
        ("pid", "int", 13, 99), ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("relid", "oid", 13, 99),
        ("command", "text", 13, 99), ("phase", "text", 13, 99), ("cluster_index_relid", "oid", 13, 99),
        ("heap_tuples_scanned", COUNT, 13, 99), ("heap_tuples_written", COUNT, 13, 99),
        ("heap_blks_total", COUNT, 13, 99), ("heap_blks_scanned", COUNT, 13, 99),
        ("index_rebuild_count", COUNT, 13, 99),
    ),
    "pg_stat_progress_basebackup": (
        ("pid", "int", 13, 99), ("phase", "text", 13, 99), ("backup_total", SIZE, 13, 99),
        ("backup_streamed", SIZE, 13, 99), ("tablespaces_total", COUNT, 13, 99),
        ("tablespaces_streamed", COUNT, 13, 99),
    ),
    "pg_replication_slots": (
        ("slot_name", "name", 13, 99), ("plugin", "name", 13, 99), ("slot_type", "text", 13, 99),
        ("datoid", "oid", 13, 99), ("database", "name", 13, 99), ("temporary", "bool", 13, 99),
        ("active", "bool", 13, 99), ("active_pid", "int", 13, 99), ("xmin", "xid", 13, 99),
        ("catalog_xmin", "xid", 13, 99), ("restart_lsn", "pg_lsn", 13, 99), ("confirmed_flush_lsn", "pg_lsn", 13, 99),
        ("wal_status", "text", 13, 99), ("safe_wal_size", SIZE, 13, 99), ("two_phase", "bool", 14, 99),
        ("inactive_since", WHEN, 17, 99), ("conflicting", "bool", 16, 99), ("invalidation_reason", "text", 17, 99),
        ("failover", "bool", 17, 99), ("synced", "bool", 17, 99), ("two_phase_at", "pg_lsn", 18, 99),
    ),
    "pg_stat_bgwriter": (
        ("checkpoints_timed", COUNT, 13, 16), ("checkpoints_req", COUNT, 13, 16),
        ("checkpoint_write_time", MS, 13, 16), ("checkpoint_sync_time", MS, 13, 16),
        ("buffers_checkpoint", COUNT, 13, 16), ("buffers_clean", COUNT, 13, 99), ("maxwritten_clean", COUNT, 13, 99),
        ("buffers_backend", COUNT, 13, 16), ("buffers_backend_fsync", COUNT, 13, 16), ("buffers_alloc", COUNT, 13, 99),
        ("stats_reset", WHEN, 13, 99),
    ),
    "pg_stat_checkpointer": (
        ("num_timed", COUNT, 17, 99), ("num_requested", COUNT, 17, 99), ("num_done", COUNT, 18, 99),
        ("restartpoints_timed", COUNT, 17, 99),
        ("restartpoints_req", COUNT, 17, 99), ("restartpoints_done", COUNT, 17, 99), ("write_time", MS, 17, 99),
        ("sync_time", MS, 17, 99), ("buffers_written", COUNT, 17, 99), ("slru_written", COUNT, 18, 99),
        ("stats_reset", WHEN, 17, 99),
    ),
    "pg_stat_progress_vacuum": (
        ("pid", "int", 13, 99), ("datid", "oid", 13, 99), ("datname", "name", 13, 99), ("relid", "oid", 13, 99),
        ("phase", "text", 13, 99), ("heap_blks_total", COUNT, 13, 99), ("heap_blks_scanned", COUNT, 13, 99),
        ("heap_blks_vacuumed", COUNT, 13, 99), ("index_vacuum_count", COUNT, 13, 99),
        ("max_dead_tuples", COUNT, 13, 16), ("num_dead_tuples", COUNT, 13, 16), ("max_dead_tuple_bytes", SIZE, 17, 99),
        ("dead_tuple_bytes", SIZE, 17, 99), ("num_dead_item_ids", COUNT, 17, 99), ("indexes_total", COUNT, 17, 99),
        ("indexes_processed", COUNT, 17, 99), ("delay_time", MS, 18, 99),
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
        ("analyze_count", COUNT, 13, 99), ("autoanalyze_count", COUNT, 13, 99), ("total_vacuum_time", MS, 18, 99),
        ("total_autovacuum_time", MS, 18, 99), ("total_analyze_time", MS, 18, 99),
        ("total_autoanalyze_time", MS, 18, 99),
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

DATABASE = "(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"

# what such a server would answer: a row has column → SQL; a column that the version does not have is left out
ROWS: dict[str, tuple[dict[str, str], ...]] = {
    "pg_stat_activity": (
        {
            "pid": "4711", "datname": "current_database()", "usesysid": "10", "usename": "'jane'",
            "application_name": "'psql'", "client_addr": "'10.0.0.7'", "client_port": "40001", "state":
            "'idle in transaction'", "backend_type": "'client backend'", "backend_xmin": "'700'", "query_id": "42",
            "query": "'LOCK TABLE orders'", "backend_start": "'2025-03-27 01:00Z'", "xact_start": "'2025-03-27 02:00Z'",
            "query_start": "'2025-03-27 02:00Z'", "state_change": "'2025-03-27 02:00Z'",
        },
        {
            "pid": "4712", "datname": "current_database()", "usesysid": "10", "usename": "'shop'",
            "application_name": "'web'", "client_addr": "'10.0.0.8'", "client_port": "40002", "state": "'active'",
            "backend_type": "'client backend'", "wait_event_type": "'Lock'", "wait_event": "'relation'",
            "query_id": "43", "query": "'SELECT * FROM orders'", "backend_start": "'2025-03-27 01:00Z'",
            "xact_start": "'2025-03-27 02:01Z'", "query_start": "'2025-03-27 02:01Z'",
            "state_change": "'2025-03-27 02:01Z'",
        },
    ),
    "pg_locks": (
        {
            "locktype": "'relation'", "database": DATABASE, "relation": "'orders'::regclass", "pid": "4711",
            "mode": "'AccessExclusiveLock'", "granted": "true", "fastpath": "false", "virtualtransaction": "'3/7'",
        },
        {
            "locktype": "'relation'", "database": DATABASE, "relation": "'orders'::regclass", "pid": "4712",
            "mode": "'AccessShareLock'", "granted": "false", "fastpath": "false", "virtualtransaction": "'4/9'",
            "waitstart": "'2025-03-27 02:01Z'",
        },
    ),
    "pg_prepared_xacts": ({
        "transaction": "'700'", "gid": "'pay-17'", "prepared": "'2025-03-27 01:30Z'", "owner": "'jane'",
        "database": "current_database()",
    },),
    "pg_stat_database": ({
        "datid": DATABASE, "datname": "current_database()", "xact_commit": "50", "xact_rollback": "2",
        "blks_read": "100", "blks_hit": "900", "deadlocks": "3", "temp_files": "4", "temp_bytes": "4096",
        "stats_reset": "'2025-03-01 00:00Z'",
    },),
    "pg_stat_wal_receiver": (),
    "pg_stat_progress_analyze": ({
        "pid": "4713", "datname": "current_database()", "relid": "'orders'::regclass",
        "phase": "'acquiring sample rows'", "sample_blks_total": "30", "sample_blks_scanned": "3",
    },),
    "pg_stat_progress_create_index": ({
        "pid": "4714", "datname": "current_database()", "relid": "'orders'::regclass", "command": "'CREATE INDEX'",
        "phase": "'building index'", "blocks_total": "40", "blocks_done": "10",
    },),
    "pg_stat_progress_cluster": ({
        "pid": "4715", "datname": "current_database()", "relid": "'orders'::regclass", "command": "'VACUUM FULL'",
        "phase": "'seq scanning heap'", "heap_blks_total": "20", "heap_blks_scanned": "5",
    },),
    "pg_stat_progress_basebackup": ({
        "pid": "4716", "phase": "'streaming database files'", "backup_total": "500", "backup_streamed": "50",
    },),
    "pg_replication_slots": ({
        "slot_name": "'outbox'", "slot_type": "'logical'", "active": "false", "restart_lsn": "'0/100'",
        "wal_status": "'lost'", "conflicting": "true", "catalog_xmin": "'700'",
        "inactive_since": "'2025-03-27 02:00Z'", "invalidation_reason": "'wal_removed'",
    },),
    "pg_stat_bgwriter": ({
        "checkpoints_timed": "40", "checkpoints_req": "60", "checkpoint_write_time": "1.5",
        "checkpoint_sync_time": "2.5",
    },),
    "pg_stat_checkpointer": ({"num_timed": "40", "num_requested": "60", "write_time": "1.5", "sync_time": "2.5"},),
    "pg_stat_progress_vacuum": ({
        "pid": "4711", "datname": "current_database()", "relid": "'orders'::regclass", "phase": "'vacuuming indexes'",
        "heap_blks_total": "1000", "heap_blks_scanned": "410", "indexes_total": "3", "indexes_processed": "1",
    },),
    "pg_stat_progress_copy": ({
        "pid": "4712", "datname": "current_database()", "relid": "'orders'::regclass", "command": "'COPY FROM'",
        "type": "'FILE'", "bytes_processed": "50", "bytes_total": "200",
    },),
    "pg_stat_user_indexes": ({
        "relid": "'orders'::regclass", "indexrelid": "'by_customer'::regclass", "schemaname": "'shop'",
        "relname": "'orders'", "indexrelname": "'by_customer'", "idx_scan": "0",
        "last_idx_scan": "'2025-01-01 00:00Z'",
    },),
    "pg_stat_user_tables": ({
        "relid": "'orders'::regclass", "schemaname": "'shop'", "relname": "'orders'", "seq_scan": "9",
        "seq_tup_read": "900", "idx_scan": "7", "n_live_tup": "100", "n_dead_tup": "60", "n_mod_since_analyze": "5",
        "last_autovacuum": "'2025-03-27 02:00Z'",
    },),
    "pg_stat_archiver": ({
        "archived_count": "9", "failed_count": "4", "last_failed_wal": "'0A'",
        "last_archived_time": "'2025-03-27 01:00Z'", "last_failed_time": "'2025-03-27 02:00Z'",
    },),
    "pg_stat_replication": ({
        "application_name": "'standby'", "client_addr": "'10.0.0.2'", "state": "'streaming'", "sync_state": "'async'",
        "replay_lsn": "'0/100'", "replay_lag": "'90 s'", "backend_xmin": "'700'",
    },),
}  # fmt: skip

# pg_stat_statements(showtext) of the versions of the extension that come with the server
STATEMENTS: tuple[Column, ...] = (
    ("userid", "oid", 13, 99), ("dbid", "oid", 13, 99), ("toplevel", "bool", 14, 99), ("queryid", "bigint", 13, 99),
    ("query", "text", 13, 99), ("plans", COUNT, 13, 99), ("total_plan_time", MS, 13, 99),
    ("min_plan_time", MS, 13, 99), ("max_plan_time", MS, 13, 99), ("mean_plan_time", MS, 13, 99),
    ("stddev_plan_time", MS, 13, 99), ("calls", COUNT, 13, 99), ("total_exec_time", MS, 13, 99),
    ("min_exec_time", MS, 13, 99), ("max_exec_time", MS, 13, 99), ("mean_exec_time", MS, 13, 99),
    ("stddev_exec_time", MS, 13, 99), ("rows", COUNT, 13, 99), ("shared_blks_hit", COUNT, 13, 99),
    ("shared_blks_read", COUNT, 13, 99), ("shared_blks_dirtied", COUNT, 13, 99),
    ("shared_blks_written", COUNT, 13, 99), ("local_blks_hit", COUNT, 13, 99), ("local_blks_read", COUNT, 13, 99),
    ("local_blks_dirtied", COUNT, 13, 99), ("local_blks_written", COUNT, 13, 99), ("temp_blks_read", COUNT, 13, 99),
    ("temp_blks_written", COUNT, 13, 99), ("blk_read_time", MS, 13, 16), ("blk_write_time", MS, 13, 16),
    ("shared_blk_read_time", MS, 17, 99), ("shared_blk_write_time", MS, 17, 99), ("local_blk_read_time", MS, 17, 99),
    ("local_blk_write_time", MS, 17, 99), ("temp_blk_read_time", MS, 15, 99), ("temp_blk_write_time", MS, 15, 99),
    ("wal_records", COUNT, 13, 99), ("wal_fpi", COUNT, 13, 99), ("wal_bytes", "numeric", 13, 99),
    ("wal_buffers_full", COUNT, 18, 99), ("jit_functions", COUNT, 15, 99), ("jit_generation_time", MS, 15, 99),
    ("jit_inlining_count", COUNT, 15, 99), ("jit_inlining_time", MS, 15, 99),
    ("jit_optimization_count", COUNT, 15, 99), ("jit_optimization_time", MS, 15, 99),
    ("jit_emission_count", COUNT, 15, 99), ("jit_emission_time", MS, 15, 99), ("jit_deform_count", COUNT, 17, 99),
    ("jit_deform_time", MS, 17, 99), ("parallel_workers_to_launch", COUNT, 18, 99),
    ("parallel_workers_launched", COUNT, 18, 99), ("stats_since", WHEN, 17, 99), ("minmax_stats_since", WHEN, 17, 99),
)  # fmt: skip
STATEMENT = {
    "userid": "10", "dbid": DATABASE, "toplevel": "true", "queryid": "-42", "calls": "3", "total_exec_time": "4.5",
    "wal_bytes": "7", "query": "'SELECT * FROM orders WHERE customer = $1 /*application=''opsconsole''*/'",
    "stats_since": "'2025-03-27Z'", "minmax_stats_since": "'2025-03-27Z'",
}  # fmt: skip
"""What is not named here is 1, so that sums tell what was added up."""

# catalogs and settings are those of the server at hand, without what came after the version
LATER: dict[str, dict[str, int]] = {
    "pg_am": {}, "pg_attribute": {"attcompression": 14}, "pg_available_extensions": {},
    "pg_class": {"relallfrozen": 18}, "pg_constraint": {"conenforced": 18, "conperiod": 18},
    "pg_database": {
        "datlocprovider": 15, "daticulocale": 15, "datcollversion": 15, "daticurules": 16, "dathasloginevt": 17,
        "datlocale": 17,
    },
    "pg_depend": {}, "pg_index": {"indnullsnotdistinct": 15}, "pg_inherits": {"inhdetachpending": 14},
    "pg_namespace": {}, "pg_roles": {}, "pg_sequence": {}, "pg_settings": {},
    "pg_stats": {"range_length_histogram": 17, "range_empty_frac": 17, "range_bounds_histogram": 17},
}  # fmt: skip
SETTINGS = {"reserved_connections": 16, "autovacuum_vacuum_max_threshold": 18}
FUNCTIONS = frozenset({
    "age", "current_setting", "has_database_privilege", "has_sequence_privilege", "host", "inet_server_addr",
    "inet_server_port", "mxid_age", "pg_backend_pid", "pg_blocking_pids", "pg_conf_load_time", "pg_control_system",
    "pg_current_wal_lsn", "pg_database_size", "pg_get_expr", "pg_has_role", "pg_is_in_recovery",
    "pg_is_other_temp_schema", "pg_is_wal_replay_paused", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp", "pg_options_to_table", "pg_postmaster_start_time", "pg_sequence_last_value",
    "pg_size_bytes", "pg_size_pretty", "pg_stat_get_wal_senders", "pg_stat_statements",
    "pg_table_is_visible", "pg_total_relation_size",
    "pg_wal_lsn_diff", "pg_walfile_name",
})  # fmt: skip
"""Functions of the server that 13 has already ("System Information Functions", "System Administration Functions")."""


def having(columns: tuple[Column, ...], version: int) -> dict[str, str]:
    """Those that the version has, with their types."""
    return {name: kind for name, kind, first, last in columns if first <= version <= last}


def layout(version: int) -> list[str]:
    """The statements that lay out a server of a version, and what its views point to, in a schema named after it."""
    schema = f"v{version}"
    made = [
        f"DROP SCHEMA IF EXISTS {schema} CASCADE",
        f"CREATE SCHEMA {schema}",
        f"SET search_path = {schema}, pg_catalog",
        f"CREATE TABLE {schema}.orders (customer int)",
        f"CREATE INDEX by_customer ON {schema}.orders (customer)",
        *_settings(schema, version),
        f"CREATE FUNCTION {schema}.pg_blocking_pids(int) RETURNS int[] LANGUAGE sql"
        " AS $$ SELECT CASE $1 WHEN 4712 THEN ARRAY[4711] ELSE ARRAY[]::int[] END $$",
        *_statements(schema, version),
    ]
    for view, documented in VIEWS.items():
        if columns := having(documented, version):
            made.append(f"CREATE VIEW {schema}.{view} AS {_answer(columns, ROWS[view])}")
    made += [_catalog(schema, name, version) for name in LATER]
    return made


def _answer(columns: dict[str, str], rows: tuple[dict[str, str], ...]) -> str:
    if not rows:
        return f"{_answer(columns, ({},))} WHERE false"
    cells = (
        ", ".join(f"({row.get(name, 'NULL')})::{kind} AS {name}" for name, kind in columns.items()) for row in rows
    )
    return " UNION ALL ".join(f"SELECT {each}" for each in cells)


def _catalog(schema: str, name: str, version: int) -> str:
    """Its columns are read from the server, so that the view has those of the version only."""
    later = ", ".join(f"'{column}'" for column, first in LATER[name].items() if first > version) or "''"
    without = f" WHERE name NOT IN ({_later_settings(version)})" if name == "pg_settings" else ""
    return f"""DO $do$ BEGIN EXECUTE (
        SELECT 'CREATE VIEW {schema}.{name} AS SELECT ' || string_agg(quote_ident(attname), ', ' ORDER BY attnum)
               || $of$ FROM pg_catalog.{name}{without}$of$
        FROM pg_catalog.pg_attribute
        WHERE attrelid = 'pg_catalog.{name}'::regclass AND NOT attisdropped AND attname NOT IN ({later})
          AND attnum > 0 AND atttypid <> 'anyarray'::regtype
    ); END $do$"""


def _later_settings(version: int) -> str:
    return ", ".join(f"'{name}'" for name, first in SETTINGS.items() if first > version) or "''"


def _settings(schema: str, version: int) -> list[str]:
    told = f"""CASE WHEN $1 = 'server_version_num' THEN '{version}0003' WHEN $1 = 'server_version' THEN '{version}.3'
                    WHEN $1 IN ({_later_settings(version)}) THEN """
    return [
        f"CREATE FUNCTION {schema}.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT {told}"
        " pg_catalog.current_setting('not.there') ELSE pg_catalog.current_setting($1) END $$",
        f"CREATE FUNCTION {schema}.current_setting(text, bool) RETURNS text LANGUAGE sql AS $$ SELECT {told}"
        " NULL ELSE pg_catalog.current_setting($1, $2) END $$",
    ]


def _statements(schema: str, version: int) -> list[str]:
    columns = having(STATEMENTS, version)
    kinds = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    cells = ", ".join(f"({STATEMENT.get(name, '1')})::{kind}" for name, kind in columns.items())
    info = f"CREATE VIEW {schema}.pg_stat_statements_info AS SELECT 5::bigint AS dealloc, now() AS stats_reset"
    return [
        f"CREATE FUNCTION {schema}.pg_stat_statements(showtext boolean) RETURNS TABLE ({kinds}) LANGUAGE sql"
        f" AS $$ SELECT {cells} $$",
        f"CREATE VIEW {schema}.pg_stat_statements AS SELECT * FROM {schema}.pg_stat_statements(true)",
        f"CREATE VIEW {schema}.pg_extension AS SELECT 'pg_stat_statements'::name AS extname,"
        f" '{schema}'::regnamespace::oid AS extnamespace",
        *([info] if version >= 14 else []),
    ]
