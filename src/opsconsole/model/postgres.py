"""What a PostgreSQL server tells of itself: headline facts, settings and the health list."""

from datetime import datetime

import msgspec

from .asked import Asked


class ServerPlace(msgspec.Struct, frozen=True, gc=False):
    """Which server it is, and where in which history of the log it stands. "" and None are unknown."""

    system: str = ""
    """The identifier that a primary shares with its replicas."""
    timeline: int | None = None
    """Grows by one with every promotion."""
    position: str = ""
    """In the log: written by a primary, replayed by a replica."""
    address: str = ""
    """Where it listens, as the server itself says; "" for a socket."""
    follows: str = ""
    """Of a replica: whom it receives from."""
    receives: bool | None = None
    """Of a replica: whether it is connected to whom it follows."""
    behind_bytes: int | None = None
    """Of a replica: received and not replayed yet."""
    database: str = ""
    user: str = ""
    """The role that the console asks as."""
    monitors: bool = True
    """Whether that role is in pg_monitor."""


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
    place: ServerPlace = ServerPlace()


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
    short: str = ""
    """The value in the few words of a finding; "" where it is short itself."""
    things: int = 0
    """How many are critical, where it speaks of several of them and their number matters."""


class ServerHealth(msgspec.Struct, frozen=True, gc=False):
    server: str
    checks: tuple[HealthCheck, ...] = ()
    asked: tuple[Asked, ...] = ()
    is_replica: bool = False
    system: str = ""
    """Identifier that a primary shares with its replicas; "" where it is not told."""
