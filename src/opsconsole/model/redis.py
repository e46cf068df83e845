"""What a Redis or Valkey server tells of itself: its counters at one instant, its figures over an interval."""

from datetime import datetime

import msgspec

from .asked import Asked


class SlowEntry(msgspec.Struct, frozen=True, gc=False):
    id: int
    at: datetime
    took_ms: float
    command: str
    """Command and key with the values redacted."""
    client: str = ""


class LatencyEvent(msgspec.Struct, frozen=True, gc=False):
    """One row of LATENCY LATEST."""

    name: str
    at: datetime
    latest_ms: float
    most_ms: float
    """Since the server started, or since its latency monitor was reset."""


class CommandCount(msgspec.Struct, frozen=True, gc=False):
    """What one command counted since the server started."""

    name: str
    calls: int
    usec: int
    rejected: int | None = None
    failed: int | None = None
    percentiles_us: tuple[tuple[str, float], ...] = ()
    """(p50, µs), … over everything since the start: a server keeps no others."""


class CommandRate(msgspec.Struct, frozen=True, gc=False):
    """One command in an interval; None is unknown."""

    name: str
    calls_s: float | None
    mean_us: float | None
    share: float | None
    """Of the time that all commands took."""
    failed_s: float | None
    """Rejected before they ran, or failed while they did."""
    percentiles_us: tuple[tuple[str, float], ...] = ()
    """Since the server started."""


class Database(msgspec.Struct, frozen=True, gc=False):
    """One numbered database."""

    number: int
    keys: int
    expires: int
    """Keys with a time to live."""
    mean_ttl_ms: int | None = None


class Replica(msgspec.Struct, frozen=True, gc=False):
    """One replica as its primary sees it."""

    address: str
    state: str
    offset: int
    behind_bytes: int | None
    heard_s: int | None
    """Seconds since it last said how far it is."""


class Replication(msgspec.Struct, frozen=True, gc=False):
    role: str = ""
    """master, slave, sentinel; "" where it was not told."""
    offset: int | None = None
    backlog_bytes: int | None = None
    """How far a replica may fall behind and still catch up without a full copy."""
    replicas: tuple[Replica, ...] = ()
    primary: str = ""
    """Of a replica: whom it follows."""
    link: str = ""
    """Of a replica: up or down."""
    heard_s: int | None = None
    down_s: int | None = None
    syncing: bool = False
    full_copies: int | None = None
    """Full copies sent since the start."""


class Persistence(msgspec.Struct, frozen=True, gc=False):
    """RDB snapshots and the append-only file; None is unknown."""

    loading: float | None = None
    """Share of the data set that is loaded while it loads."""
    loading_left_s: int | None = None
    changes: int | None = None
    """Since the last snapshot."""
    saved: datetime | None = None
    """The last snapshot; until there is one, the server's start."""
    save_status: str = ""
    save_rules: tuple[tuple[int, int], ...] | None = None
    """(seconds, changes): a snapshot is due after so long with so many changes. Empty: none is ever due."""
    aof: bool | None = None
    aof_write_status: str = ""
    aof_rewrite_status: str = ""
    loaded_keys: int | None = None
    """Keys that were read from disk when it started."""


class ClusterNode(msgspec.Struct, frozen=True, gc=False):
    id: str
    address: str
    name: str
    flags: tuple[str, ...]
    """myself, master, slave, fail (agreed), fail? (seen by this node), handshake, noaddr."""
    primary: str
    """Of a replica: its primary's id."""
    epoch: int | None
    connected: bool
    slots: tuple[str, ...] = ()
    moving: tuple[str, ...] = ()
    """`93-<-ID`, `93->-ID`."""


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """As one node sees it."""

    state: str
    slots_assigned: int | None
    slots_ok: int | None
    epoch: int | None
    nodes: tuple[ClusterNode, ...] = ()


class SentinelMaster(msgspec.Struct, frozen=True, gc=False):
    """One primary that a Sentinel watches."""

    name: str
    address: str
    flags: tuple[str, ...]
    """master, s_down (seen by this Sentinel), o_down (agreed), failover_in_progress, disconnected."""
    quorum: int | None
    replicas: int | None
    sentinels: int | None
    """Known ones with this one, whether or not they answer."""
    epoch: int | None
    quorum_reached: bool | None = None


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A part that could not be read, while the others could."""

    part: str
    why: str
    """`needs +slowlog|get`, or what the server said."""
    remedy: str = ""
    asked: str = ""
    """Name of the command that was refused."""


class CacheCounters(msgspec.Struct, frozen=True, gc=False):
    """One INFO of a Redis or Valkey server, with its slow log; None is not told."""

    server: str
    taken: datetime
    run_id: str
    """"" where it is not told."""
    uptime_s: int | None
    version: str
    role: str
    hits: int | None
    misses: int | None
    evicted: int | None
    expired: int | None
    commands: int | None
    memory_bytes: int | None
    max_memory_bytes: int | None
    policy: str
    clients: int | None
    blocked_clients: int | None
    max_clients: int | None
    fragmentation: float | None = None
    fragmented_bytes: int | None = None
    resident_bytes: int | None = None
    keys: int | None = None
    rejected: int | None = None
    """Connections that were turned away because of maxclients."""
    over_limit_ms: int | None = None
    """How long it has been above maxmemory now, although it evicts."""
    by_command: tuple[CommandCount, ...] | None = None
    errors: tuple[tuple[str, int], ...] = ()
    """(first word of the error, times)."""
    databases: tuple[Database, ...] = ()
    replication: Replication = Replication()
    persistence: Persistence = Persistence()
    cluster: Cluster | None = None
    """None: not in one, or it cannot be read."""
    sentinel: tuple[SentinelMaster, ...] | None = None
    """What it watches; None: it is no Sentinel, or it cannot be read."""
    slow: tuple[SlowEntry, ...] | None = None
    """Newest first; None where the role may not read it."""
    latency: tuple[LatencyEvent, ...] | None = None
    monitor_ms: int | None = None
    """latency-monitor-threshold; 0: the server records no latency events."""
    ping_s: float | None = None
    """Round trip of a PING over the open connection."""
    ping_said: str = ""
    """The first word of what it answered in place of PONG."""
    unread: tuple[Unread, ...] = ()
    asked: tuple[Asked, ...] = ()


class KeySize(msgspec.Struct, frozen=True, gc=False):
    name: str
    type: str
    bytes: int | None
    frequency: int | None
    """OBJECT FREQ, 0 to 255; None unless the policy counts it."""


class KeySearch(msgspec.Struct, frozen=True, gc=False):
    """A search for big and hot keys, as far as it is."""

    server: str
    scanned: int
    total: int | None
    ended: bool = False
    whole: bool = False
    """Every key was seen: the budget was enough."""
    keys: tuple[KeySize, ...] = ()
    """The biggest, then the hottest, once it has ended."""
    problem: str = ""
    remedy: str = ""
    asked: tuple[Asked, ...] = ()
    no_sizes: str = ""
    """Why the server told no sizes: `needs +memory|usage`."""
    no_frequencies: str = ""
    """Why it did not tell how often keys are used."""


class CacheEvent(msgspec.Struct, frozen=True, gc=False):
    """Something that a difference of two readings showed: another run, another role."""

    at: datetime
    kind: str
    """restart, reset, emptied, role, failover."""
    what: str


class CacheFigures(msgspec.Struct, frozen=True, gc=False):
    """One server's interval. None is unknown: no second reading yet, 0 of 0, or not allowed."""

    server: str
    version: str
    role: str
    hit_ratio: float | None
    memory_bytes: int | None
    max_memory_bytes: int | None
    """0 is unlimited."""
    policy: str
    evictions_s: float | None
    expired_s: float | None
    clients: int | None
    blocked_clients: int | None
    max_clients: int | None
    commands_s: float | None
    interval_s: float | None
    fragmentation: float | None = None
    keys: int | None = None
    started: datetime | None = None
    replication: Replication = Replication()
    slow: tuple[SlowEntry, ...] | None = ()
    """None: it cannot be read."""
    slow_new: int = 0
    """Slow-log entries since the last reading."""
    latency: tuple[LatencyEvent, ...] | None = ()
    notes: tuple[str, ...] = ()
    taken: datetime | None = None
    fragmented_bytes: int | None = None
    resident_bytes: int | None = None
    rejected_s: float | None = None
    over_limit_ms: int | None = None
    by_command: tuple[CommandRate, ...] | None = None
    """What took most time first; None where it cannot be read."""
    errors_s: tuple[tuple[str, float], ...] = ()
    """Errors that the server answered with in the interval."""
    databases: tuple[Database, ...] = ()
    persistence: Persistence = Persistence()
    cluster: Cluster | None = None
    """None: not in one, or it cannot be read."""
    sentinel: tuple[SentinelMaster, ...] | None = None
    """What it watches; None: it is no Sentinel, or it cannot be read."""
    monitor_ms: int | None = None
    unread: tuple[Unread, ...] = ()
    events: tuple[CacheEvent, ...] = ()
    """Newest first, of the last hours that this console has seen."""
    ping_s: float | None = None
    ping_said: str = ""
    """The first word of what it answered to PING in place of PONG."""
    lookups: int | None = None
    """How many the hit ratio is of."""
    asked: tuple[Asked, ...] = ()
    """Every command of this reading; the rates are differences to the reading before."""
