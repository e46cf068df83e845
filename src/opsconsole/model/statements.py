"""What a server counts of each statement, and what that was in a window."""

from datetime import datetime

import msgspec


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
    tags: tuple[tuple[str, str], ...] = ()
    """What the application says of its caller in a comment: route, controller, action, job."""


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
