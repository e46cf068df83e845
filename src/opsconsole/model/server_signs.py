"""Everything a PostgreSQL server tells of its health, as read at one instant; rules judge it."""

from datetime import datetime

import msgspec

from .asked import Asked


class DatabaseSign(msgspec.Struct, frozen=True, gc=False):
    """One database with its counters; a counter is None where statistics of it are missing."""

    name: str
    xid_age: int
    mxid_age: int
    commits: int = 0
    rollbacks: int = 0
    blocks_hit: int = 0
    blocks_read: int = 0
    deadlocks: int = 0
    temp_files: int = 0
    temp_bytes: int = 0
    checksum_failures: int | None = None
    """None where data checksums are off."""
    last_checksum_failure: datetime | None = None
    stats_reset: datetime | None = None


class TransactionSign(msgspec.Struct, frozen=True, gc=False):
    pid: int
    application: str
    user: str
    database: str
    state: str
    open_s: float
    idle_s: float | None
    """For how long it has been idle in transaction; None where it is not."""


class XminSign(msgspec.Struct, frozen=True, gc=False):
    """Something that keeps dead rows from being removed."""

    kind: str
    """session, standby feedback, slot, slot catalog, prepared."""
    name: str
    age: int
    """Transactions begun since."""
    since: datetime | None
    detail: str


class PreparedSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    owner: str
    database: str
    prepared: datetime
    age: int


class TableSign(msgspec.Struct, frozen=True, gc=False):
    """One table of this database: what vacuum, analyze and scans found in it."""

    name: str
    live: int
    dead: int
    threshold: float
    """Dead rows at which autovacuum comes."""
    last_vacuum: datetime | None
    autovacuum: bool
    """False where it is switched off for the table."""
    modified: int = 0
    """Rows changed since it was last analyzed."""
    analyze_threshold: float = 0.0
    last_analyze: datetime | None = None
    seq_scans: int = 0
    seq_rows: int = 0
    index_scans: int | None = None
    """None where it has no index."""
    bytes: int = 0
    """As of the last vacuum or analyze."""


class TableAgeSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    xid_age: int
    mxid_age: int
    freeze_max_age: int
    """At this age autovacuum comes, wanted or not."""
    bytes: int


class IndexSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    table: str
    bytes: int
    valid: bool
    scans: int
    droppable: bool
    """No primary key, unique or exclusion constraint stands on it."""
    last_scan: datetime | None = None
    """16 and later."""


class DuplicateSign(msgspec.Struct, frozen=True, gc=False):
    """An index that another one of the same table makes superfluous."""

    name: str
    table: str
    bytes: int
    other: str
    exact: bool
    """False where its columns only begin those of the other."""


class SequenceSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    last: int
    limit: int
    """The sequence's end, or that of its column's type if that comes first."""
    column: str


class ReplicaSign(msgspec.Struct, frozen=True, gc=False):
    """One that streams from this server; None is hidden from the role, or was not told yet."""

    name: str
    client: str
    state: str | None
    sync: str
    lag_bytes: int | None
    lag_s: float | None


class ReceiverSign(msgspec.Struct, frozen=True, gc=False):
    """How this replica follows its primary."""

    status: str
    """streaming, or "" where nothing is received."""
    sender: str
    lag_bytes: int | None
    lag_s: float | None
    paused: bool


class SlotSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    active: bool
    retained_bytes: int | None
    wal_status: str
    kind: str = ""
    safe_bytes: int | None = None
    """What may still be written before the slot is lost."""
    trouble: str = ""
    """Why it is invalid or in conflict (16 and later)."""
    inactive_since: datetime | None = None
    """17 and later."""


class ArchiverSign(msgspec.Struct, frozen=True, gc=False):
    mode: str
    archived: int
    failed: int
    last_archived: datetime | None
    last_failed: datetime | None
    failed_wal: str


class ProgressSign(msgspec.Struct, frozen=True, gc=False):
    """A maintenance command that runs now."""

    kind: str
    pid: int
    database: str
    relation: str
    phase: str
    done: int | None
    total: int | None
    unit: str
    started: datetime | None
    who: str


class ExtensionSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    installed: str
    available: str


class SizeSign(msgspec.Struct, frozen=True, gc=False):
    name: str
    bytes: int | None


class ColumnSign(msgspec.Struct, frozen=True, gc=False):
    """What the planner knows of one column; no value of it."""

    table: str
    column: str
    nulls: float
    distinct: float
    """Below 0: as a share of the rows, as PostgreSQL keeps it."""
    correlation: float | None
    width: int


class Checkpoints(msgspec.Struct, frozen=True, gc=False):
    timed: int
    requested: int
    write_ms: float = 0.0
    sync_ms: float = 0.0


class Disk(msgspec.Struct, frozen=True, gc=False):
    """The volume that the data stands on, as metrics tell it."""

    free_bytes: float
    total_bytes: float | None
    source: str
    filling: float | None = None
    """Bytes a second that it lost lately; None while that is not known."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A part that could not be read."""

    part: str
    sentence: str
    forbidden: bool = False


class HealthSigns(msgspec.Struct, frozen=True, gc=False):
    """Everything the health list judges; None is a part that could not be read, and `refused` says why."""

    server: str
    taken: datetime
    version: int
    """server_version_num."""
    refused: tuple[Refusal, ...] = ()
    asked: tuple[Asked, ...] = ()
    database: str = ""
    user: str = ""
    started: datetime | None = None
    is_replica: bool = False
    monitors: bool = True
    """The role is in pg_monitor."""
    provider: str = ""
    """Whose managed service it is; "" where it is none that is known."""
    system: str = ""
    """Identifier that a primary shares with its replicas; "" where it is not told."""
    settings: dict[str, str] | None = None
    pending_restart: tuple[str, ...] = ()
    databases: tuple[DatabaseSign, ...] | None = None
    transactions: tuple[TransactionSign, ...] | None = None
    hidden_sessions: int = 0
    workers: int = 0
    """Autovacuum workers that run; only with rights to see them."""
    xmins: tuple[XminSign, ...] | None = None
    prepared: tuple[PreparedSign, ...] | None = None
    progress: tuple[ProgressSign, ...] | None = None
    tables: tuple[TableSign, ...] | None = None
    table_ages: tuple[TableAgeSign, ...] | None = None
    indexes: tuple[IndexSign, ...] | None = None
    duplicates: tuple[DuplicateSign, ...] | None = None
    sequences: tuple[SequenceSign, ...] | None = None
    hidden_sequences: int = 0
    replicas: tuple[ReplicaSign, ...] | None = None
    receiver: ReceiverSign | None = None
    slots: tuple[SlotSign, ...] | None = None
    archiver: ArchiverSign | None = None
    checkpoints: Checkpoints | None = None
    extensions: tuple[ExtensionSign, ...] | None = None
    database_sizes: tuple[SizeSign, ...] | None = None
    table_sizes: tuple[SizeSign, ...] | None = None
    columns: tuple[ColumnSign, ...] | None = None
    statements: str | None = None
    """ok, or why pg_stat_statements cannot be read."""

    @property
    def stats_reset(self) -> datetime | None:
        """Since when this database's statistics are kept; None where that is not known."""
        return next((base.stats_reset for base in self.databases or () if base.name == self.database), None)


class Growth(msgspec.Struct, frozen=True, gc=False):
    """How sizes went over some time, by name; from samples that were kept."""

    span_s: float
    bytes_s: dict[str, float]
