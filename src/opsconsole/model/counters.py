"""What servers count since they started, as read at one instant; rules turn two of these into rates."""

from datetime import datetime

import msgspec

from .postgres import ServerFacts
from .redis import SlowEntry


class ServerCounters(msgspec.Struct, frozen=True, gc=False):
    """PostgreSQL's cumulated counters beside the headline facts of the same instant (sums over all databases)."""

    taken: datetime
    facts: ServerFacts
    """What needs no second reading; its rates are None."""
    blocks_hit: int
    blocks_read: int
    commits: int
    rollbacks: int
    deadlocks: int
    temp_bytes: int
    calls: int | None = None
    """Of pg_stat_statements; None where it cannot be read."""
    stats_reset: datetime | None = None
    """The newest reset of any database's counters."""


class DatabaseSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    xid_age: int
    mxid_age: int


class TableSign(msgspec.Struct, frozen=True, gc=False):
    """One table near or above the number of dead rows at which autovacuum comes."""

    name: str
    live: int
    dead: int
    threshold: float
    last_vacuum: datetime | None
    autovacuum: bool
    """False where it is switched off for the table."""


class IndexSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    table: str
    bytes: int
    valid: bool
    scans: int
    droppable: bool
    """No primary key, unique or exclusion constraint stands on it."""


class SlotSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    active: bool
    retained_bytes: int | None
    wal_status: str


class Checkpoints(msgspec.Struct, frozen=True, gc=False):
    timed: int
    requested: int


class HealthSigns(msgspec.Struct, frozen=True, gc=False):
    """Everything the health list judges; None is a part that could not be read, and `unknown` says why."""

    server: str
    taken: datetime
    version: int
    """server_version_num."""
    unknown: tuple[tuple[str, str], ...] = ()
    """(part, reason): what the role may not see or the server does not have."""
    database: str = ""
    is_replica: bool = False
    blocks_hit: int | None = None
    blocks_read: int | None = None
    deadlocks: int | None = None
    stats_reset: datetime | None = None
    databases: tuple[DatabaseSign, ...] | None = None
    tables: tuple[TableSign, ...] | None = None
    indexes: tuple[IndexSign, ...] | None = None
    slots: tuple[SlotSign, ...] | None = None
    checkpoints: Checkpoints | None = None
    oldest_transaction_s: float | None = None
    idle_in_transaction_s: float | None = None
    """Age of the oldest idle transaction; 0.0 where there is none."""
    hidden_sessions: int = 0
    autovacuum: bool | None = None
    freeze_max_age: int | None = None
    statements: str | None = None
    """ok, or why pg_stat_statements cannot be read."""


class CacheCounters(msgspec.Struct, frozen=True, gc=False):
    """One INFO of a Redis or Valkey server, with its slow log."""

    server: str
    taken: datetime
    run_id: str
    uptime_s: int
    version: str
    role: str
    hits: int
    misses: int
    evicted: int
    expired: int
    commands: int
    memory_bytes: int
    max_memory_bytes: int
    policy: str
    clients: int
    blocked_clients: int
    max_clients: int | None
    fragmentation: float | None = None
    keys: int | None = None
    replication: str = ""
    slow: tuple[SlowEntry, ...] | None = None
    """Newest first; None where the role may not read it."""
    latency: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()
