"""Who holds the connections of a PostgreSQL server, where that leads, and what a PgBouncer before it says."""

from datetime import datetime

import msgspec

from .asked import Asked

Course = tuple[float | None, ...]
"""A number through the last quarter of an hour, oldest first."""


class ConnectionGroup(msgspec.Struct, frozen=True, gc=False):
    """Backends alike in all that is asked of them. Ages are None where the role may not see them."""

    application: str
    user: str
    database: str
    client: str
    state: str
    """`hidden` where the role may not see it."""
    kind: str
    """client backend or walsender."""
    count: int
    waiting: int = 0
    """Of these, how many wait for a lock."""
    state_s: float | None = None
    """How long the one that changed its state first has been in it."""
    transaction_s: float | None = None
    """The oldest transaction."""


class ConnectionLimit(msgspec.Struct, frozen=True, gc=False):
    """A limit beside the server's own: of a role, of a database, of walsenders or of slots."""

    kind: str
    name: str
    used: int
    limit: int


class Trend(msgspec.Struct, frozen=True, gc=False):
    """Where the number of connections goes. `verdict` is grows, falls, flat, noisy, stepped, short or full."""

    verdict: str
    span_s: float = 0.0
    """What the verdict was made from."""
    points: int = 0
    per_s: float = 0.0
    low_per_s: float = 0.0
    high_per_s: float = 0.0
    """95 % of such courses have a slope between these two."""
    full_s: float | None = None
    """Until the last connection is taken; only where it grows."""
    far: bool = False
    """`full_s` reaches further ahead than three times the span: no forecast, only what the pace would mean."""


class ConnectionGrowth(msgspec.Struct, frozen=True, gc=False):
    """How many connections more (or less) an application holds than `span_s` before, and its course."""

    application: str
    more: int
    course: Course = ()


class Connections(msgspec.Struct, frozen=True, gc=False):
    server: str
    used: int
    """Client backends, the console's own among them."""
    max_connections: int
    superuser_reserved: int
    reserved: int
    """reserved_connections of 16 and later, for roles in pg_use_reserved_connections."""
    groups: tuple[ConnectionGroup, ...] = ()
    limits: tuple[ConnectionLimit, ...] = ()
    trend: Trend = Trend("short")
    growth: tuple[ConnectionGrowth, ...] = ()
    growth_s: float = 0.0
    """The span of `growth`; 0 until there is a sample to compare with."""
    course: Course = ()
    most: int = 0
    """The most that were seen at once in the last 48 h, at `most_at`."""
    most_at: datetime | None = None
    since: datetime | None = None
    """The oldest sample that `most` knows."""
    reserve: str = ""
    """What lets the console's role in when all others are refused: superuser, reserved, or "" for nothing."""
    role: str = ""
    asked: tuple[Asked, ...] = ()
    """The queries behind it, those too that are not put every time."""

    @property
    def limit(self) -> int:
        """How many an ordinary role may open."""
        return self.max_connections - self.superuser_reserved - self.reserved

    @property
    def free(self) -> int:
        return max(0, self.limit - self.used)


class ConnectionsSample(msgspec.Struct, frozen=True, gc=False):
    """How many connections each application held at one instant."""

    taken: datetime
    started: datetime | None
    limit: int
    used: int
    applications: dict[str, int]


class Pool(msgspec.Struct, frozen=True, gc=False):
    """One pool of a PgBouncer: a database and a user. None is what its version does not tell."""

    database: str
    user: str
    mode: str
    clients_active: int
    clients_waiting: int
    servers_active: int
    servers_idle: int
    """Open towards the server and free for the next client."""
    longest_wait_s: float
    size: int | None = None
    """Most server connections it opens, the reserve left out."""
    reserve: int | None = None
    paused: bool = False
    disabled: bool = False
    host: str = ""
    servers_unready: int = 0
    """Logging in, being tested, or cancelling a query: neither a client's nor free."""

    @property
    def name(self) -> str:
        return f"{self.database}/{self.user}"

    @property
    def servers(self) -> int:
        return self.servers_active + self.servers_idle + self.servers_unready


class PoolCounters(msgspec.Struct, frozen=True, gc=False):
    """Totals of one database since the PgBouncer started; times in microseconds."""

    transactions: int
    queries: int
    transaction_us: int
    query_us: int
    wait_us: int


class PoolRates(msgspec.Struct, frozen=True, gc=False):
    """What one database did between two readings; times in seconds each, None where nothing ran."""

    database: str
    transactions_s: float
    queries_s: float
    transaction_s: float | None
    query_s: float | None
    wait_s: float | None
    """How long a transaction waited for its server connection."""


class ClientGroup(msgspec.Struct, frozen=True, gc=False):
    """Clients of a PgBouncer from one address under one application name."""

    application: str
    address: str
    database: str
    user: str
    count: int
    waiting: int


class PoolerSample(msgspec.Struct, frozen=True, gc=False):
    """All that a PgBouncer told at one instant, rates not yet made."""

    server: str
    taken: datetime
    version: str
    pools: tuple[Pool, ...]
    counters: dict[str, PoolCounters]
    clients_used: int | None
    client_limit: int | None
    """max_client_conn."""
    clients: tuple[ClientGroup, ...] | None
    """None where there are too many to list."""
    wait_timeout_s: float | None = None
    """query_wait_timeout: after it a waiting client is refused; 0 never."""


class PoolerFigures(msgspec.Struct, frozen=True, gc=False):
    """A PgBouncer as the screen shows it."""

    server: str
    version: str
    pools: tuple[Pool, ...] = ()
    rates: tuple[PoolRates, ...] = ()
    clients_used: int | None = None
    client_limit: int | None = None
    clients: tuple[ClientGroup, ...] | None = None
    wait_timeout_s: float | None = None

    @property
    def most_servers(self) -> int | None:
        """Server connections that all pools together may open; None where a size is not told."""
        sizes = [pool.size for pool in self.pools]
        if any(size is None for size in sizes):
            return None
        return sum((pool.size or 0) + (pool.reserve or 0) for pool in self.pools)
