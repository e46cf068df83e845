"""What a server counts of each statement, and what that was in a window."""

import struct
from datetime import datetime
from typing import NamedTuple

import msgspec


class Counts(NamedTuple):
    """What pg_stat_statements counts, by one meaning in all versions; a difference of two has the same fields.

    What a version or a setting does not count stays 0: `Tracked` says which of them mean something.
    """

    calls: float = 0
    total_ms: float = 0
    rows: float = 0
    plans: float = 0
    plan_ms: float = 0
    blocks_hit: float = 0
    blocks_read: float = 0
    blocks_dirtied: float = 0
    blocks_written: float = 0
    local_blocks: float = 0
    temp_read: float = 0
    temp_written: float = 0
    read_ms: float = 0
    """Waiting for blocks to be read, of tables, local and (from 15 on) temporary files."""
    write_ms: float = 0
    wal_bytes: float = 0
    jit_ms: float = 0


_PACKING = struct.Struct(f"<{len(Counts._fields)}d")


class StatementCounters(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One entry of pg_stat_statements as cumulated by the server (key: user, database, queryid, toplevel).

    The counts lie packed: thousands of entries are held for dozens of samples, and most are never looked at.
    """

    user_id: int
    database_id: int
    query_id: int
    toplevel: bool
    packed: bytes
    since: datetime | None = None
    """`stats_since` (17+): a later one means that the entry was evicted, or reset, and came again."""

    @property
    def key(self) -> str:
        return f"{self.user_id}/{self.database_id}/{self.query_id}/{int(self.toplevel)}"

    @property
    def numbers(self) -> tuple[float, ...]:
        """The counts without their names."""
        return _PACKING.unpack(self.packed)

    @property
    def counts(self) -> Counts:
        return Counts._make(self.numbers)


def packed(counts: Counts) -> bytes:
    """As `StatementCounters` holds them."""
    return _PACKING.pack(*counts)


class Tracked(msgspec.Struct, frozen=True, gc=False):
    """What the server's settings let it count; None where the role may not see the setting."""

    planning: bool | None = None
    """pg_stat_statements.track_planning"""
    io_timing: bool | None = None
    """track_io_timing"""
    jit: bool = False
    """Counted from 15 on."""
    most: int | None = None
    """pg_stat_statements.max"""
    log_ms: float | None = None
    """log_min_duration_statement; below 0 it is off."""


class StatementsSample(msgspec.Struct, frozen=True, gc=False):
    """All statement counters of one server at one instant."""

    server: str
    taken: datetime
    counters: tuple[StatementCounters, ...]
    stats_reset: datetime | None = None
    deallocations: int | None = None
    started: datetime | None = None
    """When the server started: another start is another epoch."""
    tracked: Tracked = Tracked()
    hidden: int = 0
    """Entries whose statement this role may not see."""
    calls: int | None = None
    """Of all entries, the hidden ones too."""


NOT_READ = "text not read yet"


class StatementRate(msgspec.Struct, frozen=True, gc=False):
    """What one statement did in a window, from the difference of two samples; None is unknown."""

    key: str
    query_id: int
    text: str
    """Redacted and on one line; `NOT_READ` until it was asked for, "" where the server does not tell it."""
    calls_s: float | None
    """None where nobody knows since when the server counts (13, since the reset)."""
    mean_ms: float
    share: float
    """Of the execution time of all statements in the window, 0–1."""
    rows_per_call: float | None
    before_calls_s: float | None = None
    before_mean_ms: float | None = None
    before_until: datetime | None = None
    """Set for one that grew: its time before ends there, and does not move along while that lasts."""
    first_seen: datetime | None = None
    """Set when it appeared after the time before began, else None."""
    application: str = ""
    trend: tuple[float | None, ...] = ()
    user: str = ""
    database: str = ""
    hit_ratio: float | None = None
    tags: tuple[tuple[str, str], ...] = ()
    """What the application says of its caller in a comment: route, controller, action, job."""
    calls: float = 0
    total_ms: float = 0.0
    reads_s: float | None = None
    """Blocks that were not in the cache, per second."""
    dirtied_s: float | None = None
    local_s: float | None = None
    temp_s: float | None = None
    """Blocks of temporary files read and written, per second."""
    wal_s: float | None = None
    """Bytes per second."""
    in_io: float | None = None
    """How much of its own time it waited for blocks, 0–1."""
    io_share: float | None = None
    """Its share of all that waiting, 0–1."""
    plan_mean_ms: float | None = None
    in_jit: float | None = None
    known_since: datetime | None = None
    """When it was first seen at all; None where that was before anybody looked."""

    @property
    def main_application(self) -> str:
        """Without the `+1` that stands for others seen running it, too."""
        return self.application.partition(" +")[0]

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """What `-l` looks at."""
        named = (("app", self.main_application), ("db", self.database), ("user", self.user))
        return (*((name, value) for name, value in named if value), *self.tags)


LAST, MINUTE, USUAL, QUARTER, RESET = WINDOWS = ("last", "1m", "5m", "15m", "reset")
"""The windows there are; findings are made of the usual one only."""


class Statements(msgspec.Struct, frozen=True, gc=False):
    """The statements view of one server over one window."""

    server: str
    window_s: float
    """The true span between the two samples; 0 where there is none yet, or nobody knows it."""
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
    window: str = USUAL
    """Which of `WINDOWS`."""
    begins: datetime | None = None
    tracked: Tracked = Tracked()
    evicting: bool = False
    """Entries were evicted within the time looked at: one that seems new may have been there before."""
    counting_since: datetime | None = None
    """The last reset: what it knows since then only may be older."""
    compared: bool = True
    """Whether two readings lie behind it, or the server's own sums since its reset."""
