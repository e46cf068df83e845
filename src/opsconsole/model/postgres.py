"""What a PostgreSQL server tells of itself: counters, sessions, locks and limits."""

from datetime import datetime

import msgspec

from .asked import Asked


class StatementCounters(msgspec.Struct, frozen=True, gc=False):
    """One entry of pg_stat_statements as cumulated by the server (key: user, database, queryid, toplevel)."""

    user_id: int
    database_id: int
    query_id: int
    toplevel: bool
    calls: int
    total_ms: float
    rows: int
    blocks_hit: int
    blocks_read: int
    temp_blocks: int
    wal_bytes: int
    since: datetime | None = None
    """`stats_since` (17+): a later one means that the entry was evicted and came again."""

    @property
    def key(self) -> str:
        return f"{self.user_id}/{self.database_id}/{self.query_id}/{int(self.toplevel)}"


class StatementsSample(msgspec.Struct, frozen=True, gc=False):
    """All statement counters of one server at one instant."""

    server: str
    taken: datetime
    counters: tuple[StatementCounters, ...]
    stats_reset: datetime | None = None
    deallocations: int | None = None
    started: datetime | None = None
    """When the server started: another start is another epoch."""


class StatementRate(msgspec.Struct, frozen=True, gc=False):
    """What one statement did in a window, from the difference of two samples."""

    key: str
    query_id: int
    text: str
    """Redacted and on one line; "" while it is not known."""
    calls_s: float
    mean_ms: float
    share: float
    """Of the execution time of all statements in the window, 0–1."""
    rows_per_call: float | None
    before_calls_s: float | None = None
    before_mean_ms: float | None = None
    first_seen: datetime | None = None
    """Set when it appeared after the time before began, else None."""
    application: str = ""
    trend: tuple[float | None, ...] = ()
    user: str = ""
    database: str = ""
    hit_ratio: float | None = None


class Statements(msgspec.Struct, frozen=True, gc=False):
    """The statements view of one server over one window."""

    server: str
    window_s: float
    """The true span between the two samples."""
    before_s: float | None
    """Span of the time before it is compared with; None where there is none yet."""
    rows: tuple[StatementRate, ...] = ()
    others: StatementRate | None = None
    """Everything that `rows` leaves out, so that shares add up to one."""
    others_count: int = 0
    notes: tuple[str, ...] = ()
    """What the numbers leave out: a reset, evictions, a restart."""
    before_label: str = ""
    own_user: str = ""
    """The role that the console itself asks as."""


class Session(msgspec.Struct, frozen=True, gc=False):
    """One backend; identity is pid and its start."""

    pid: int
    backend_start: datetime | None
    state: str
    application: str
    user: str
    database: str
    client: str
    wait_type: str
    wait_event: str
    query: str
    query_start: datetime | None
    transaction_start: datetime | None
    state_change: datetime | None
    query_id: int | None = None
    blocked_by: tuple[int, ...] = ()
    backend_type: str = ""
    relation: str = ""
    """What it waits for or holds, where a lock tells."""
    lock_mode: str = ""

    @property
    def key(self) -> str:
        return f"{self.pid}@{self.backend_start.isoformat() if self.backend_start else '?'}"


class Sessions(msgspec.Struct, frozen=True, gc=False):
    server: str
    rows: tuple[Session, ...] = ()
    hidden: int = 0
    """Sessions whose details the role may not see."""


class ServerFacts(msgspec.Struct, frozen=True, gc=False):
    """Headline facts of one server. None is unknown (not allowed, not there, or no second reading yet)."""

    server: str
    version: str
    started: datetime | None
    is_replica: bool
    connections: int
    """Client backends, our own included."""
    max_connections: int
    reserved: int
    by_state: tuple[tuple[str, int], ...] = ()
    hit_ratio: float | None = None
    """Of the interval, not since reset."""
    commits_s: float | None = None
    rollbacks_s: float | None = None
    statements_s: float | None = None
    deadlocks: int | None = None
    """New ones in the interval."""
    temp_bytes_s: float | None = None
    database_bytes: int | None = None
    replica_lag_s: float | None = None
    oldest_transaction_s: float | None = None
    has_statements: bool = True
    """pg_stat_statements is installed and readable."""
    notes: tuple[str, ...] = ()


class ServerSettings(msgspec.Struct, frozen=True, gc=False):
    """What a server is set to, and when it took that over."""

    server: str
    started: datetime | None
    loaded: datetime | None
    """When it last read its configuration."""
    values: dict[str, str]
    """By name, with units as in `64 MB`."""


class Detail(msgspec.Struct, frozen=True, gc=False):
    """The numbers behind a check, worst first: per table, index, slot."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class HealthCheck(msgspec.Struct, frozen=True, gc=False):
    """One line of the server's health list."""

    id: str
    title: str
    state: str
    """ok, warn, crit or unknown."""
    value: str
    limit: str
    why: str
    remedy: str
    details: tuple[Detail, ...] = ()
    asked: tuple[str, ...] = ()
    """Which of the server's queries it comes from, by name."""


class ServerHealth(msgspec.Struct, frozen=True, gc=False):
    server: str
    checks: tuple[HealthCheck, ...] = ()
    asked: tuple[Asked, ...] = ()
