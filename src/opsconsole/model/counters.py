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
