"""What a Redis or Valkey server tells of itself."""

from datetime import datetime

import msgspec


class SlowEntry(msgspec.Struct, frozen=True, gc=False):
    id: int
    at: datetime
    took_ms: float
    command: str
    """Command and key with the values redacted."""
    client: str = ""


class CacheFigures(msgspec.Struct, frozen=True, gc=False):
    """One server's interval. None is unknown: no second reading yet, 0 of 0, or not allowed."""

    server: str
    version: str
    role: str
    hit_ratio: float | None
    memory_bytes: int
    max_memory_bytes: int
    """0 is unlimited."""
    policy: str
    evictions_s: float | None
    expired_s: float | None
    clients: int
    blocked_clients: int
    max_clients: int | None
    commands_s: float | None
    interval_s: float | None
    fragmentation: float | None = None
    keys: int | None = None
    started: datetime | None = None
    replication: str = ""
    slow: tuple[SlowEntry, ...] = ()
    slow_new: int = 0
    """Slow-log entries since the last reading."""
    latency: tuple[tuple[str, float], ...] = ()
    """LATENCY LATEST: (event, latest ms)."""
    notes: tuple[str, ...] = ()
