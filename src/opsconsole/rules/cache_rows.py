"""What the Redis view lists of one server, what fails first: with its limit, why it matters and what one does.

Formulas and meanings: INFO, LATENCY and SLOWLOG as Redis and Valkey document them. The advice is never carried out.
"""

from collections.abc import Iterator

import msgspec

from ..model.redis import CacheFigures, CommandRate
from ..text import units
from .cache import ROLES
from .cache_advice import expiry_advice, policy_advice
from .cache_cluster import cluster_rows
from .cache_persistence import persistence_rows
from .cache_replication import replication_rows
from .cache_row import CacheRow
from .cache_sentinel import sentinel_rows
from .cache_work import ping_row, work_rows

SENTINEL = "sentinel"
RANKS = {"crit": 0, "warn": 1, "unknown": 2}
FULL, NEARLY_FULL, BUSY_CLIENTS = 0.98, 0.9, 0.8
FRAGMENTED, FRAGMENTED_BYTES = 1.5, 100 * 2**20
"""A ratio says nothing while few bytes stand behind it."""
RECENT_S = 900.0
"""So long after it a latency event still counts as of now."""
SLOW_EVENT_MS = 100.0
REFUSING = frozenset({"OOM", "MISCONF", "READONLY", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "BUSY"})
"""Errors by which the server refuses its work; others are mistakes of a client."""


def cache_rows(figures: CacheFigures) -> tuple[CacheRow, ...]:
    """All lines, what fails first, then in the order of their parts."""
    if figures.role == SENTINEL:
        # It holds no data: nothing of what a cache does applies to it.
        return _placed([*_events(figures), *_unread(figures), ping_row(figures), *sentinel_rows(figures.sentinel)])
    if any(part.part == "INFO" for part in figures.unread):
        # Nothing of what INFO tells is known, and a page of unknowns tells no more than one.
        return _placed([*_unread(figures), ping_row(figures), *_latency(figures), *_slow(figures)])
    found = [
        *_events(figures), *_unread(figures), *work_rows(figures), *_memory(figures), *_clients(figures),
        *cluster_rows(figures.cluster), *replication_rows(figures), *persistence_rows(figures),
        *_errors(figures), *_latency(figures), *_keyspace(figures), *_commands(figures), *_slow(figures),
    ]  # fmt: skip
    return _placed(found)


def _placed(found: list[CacheRow]) -> tuple[CacheRow, ...]:
    found.sort(key=lambda row: RANKS.get(row.state, 3))
    return tuple(msgspec.structs.replace(row, place=place) for place, row in enumerate(found))


def failing(rows: tuple[CacheRow, ...]) -> tuple[CacheRow, ...]:
    return tuple(row for row in rows if row.state in ("crit", "warn"))


def _events(figures: CacheFigures) -> Iterator[CacheRow]:
    for number, event in enumerate(figures.events):
        fresh = figures.taken is not None and (figures.taken - event.at).total_seconds() < RECENT_S
        what, _, more = event.what.partition(": ")
        yield CacheRow(
            f"event:{event.at.timestamp()}:{number}", "event", units.clock(event.at), "warn" if fresh else "",
            what, more, "Rates over such a moment would be wrong: the interval begins anew behind it.",
            "Who started, reset or switched it? h on Now lists what changed.",
        )  # fmt: skip


def _unread(figures: CacheFigures) -> Iterator[CacheRow]:
    for part in figures.unread:
        yield CacheRow(
            f"unread:{part.part}", "unread", part.part, "unknown", f"{units.UNKNOWN}: {part.why}", part.remedy,
            "Only this part is unknown; everything else is read.", part.remedy, asked=(part.asked,),
        )  # fmt: skip


def _memory(figures: CacheFigures) -> Iterator[CacheRow]:
    used, limit = figures.memory_bytes, figures.max_memory_bytes
    share = used / limit if used is not None and limit else None
    keeps = figures.policy == "noeviction"
    state = ""
    if share is not None and keeps and share >= NEARLY_FULL:
        state = "crit" if share >= FULL else "warn"
    if figures.over_limit_ms:
        state = "crit"
    value = units.size(used) + (f", {units.percent(share)} % of {units.size(limit)}" if share is not None else "")
    told = "unlimited: maxmemory is 0" if limit == 0 else units.UNKNOWN if limit is None else "90 % with noeviction"
    if figures.over_limit_ms:
        told = f"above maxmemory for {units.seconds(figures.over_limit_ms / 1000)}"
    yield CacheRow(
        "memory", "memory", "used", state, value, told,
        "Full, noeviction refuses writes (OOM) and the other policies drop keys. Without a limit the kernel ends it.",
        "Look at big keys and the keyspace; raise maxmemory within what the machine has.",
    )  # fmt: skip
    yield CacheRow("policy", "memory", "eviction policy", *policy_advice(figures))
    yield _fragmentation(figures)


def _fragmentation(figures: CacheFigures) -> CacheRow:
    ratio, lost = figures.fragmentation, figures.fragmented_bytes
    used, resident = figures.memory_bytes, figures.resident_bytes
    swapped = used is not None and resident is not None and used > FRAGMENTED_BYTES and resident < used * 0.9
    bad = ratio is not None and ratio > FRAGMENTED and (lost or 0) > FRAGMENTED_BYTES
    value = units.number(ratio) + (f", {units.size(lost)} lost" if lost else "")
    if swapped:
        value = f"resident {units.size(resident)} of {units.size(used)}: the rest is swapped out"
    return CacheRow(
        "fragmentation", "memory", "fragmentation", "warn" if bad or swapped else "", value,
        f"{FRAGMENTED:g} and {units.size(FRAGMENTED_BYTES)}",
        "The allocator's own ratio; resident/used is none while few bytes are used. Swapped memory answers in ms.",
        "CONFIG SET activedefrag yes where the allocator is jemalloc; against swapping: less maxmemory.",
    )  # fmt: skip


def _clients(figures: CacheFigures) -> Iterator[CacheRow]:
    most = figures.max_clients
    used = figures.clients / most if most and figures.clients is not None else None
    refused = bool(figures.rejected_s)
    state = "crit" if refused else "warn" if used is not None and used >= BUSY_CLIENTS else ""
    value = f"{_count(figures.clients)} of {most:,}" if most else f"{_count(figures.clients)}, limit unknown"
    yield CacheRow(
        "clients", "clients", "connected", state, value,
        f"{units.number(figures.rejected_s)}/s turned away" if refused else "80 %",
        "At maxclients the next connection is refused, also the console's own.",
        "CLIENT LIST by age and name: pools that are too large, connections that nobody closes.",
    )  # fmt: skip
    yield CacheRow(
        "blocked", "clients", "blocked", "", _count(figures.blocked_clients), "",
        "Clients in BLPOP, BRPOP, XREAD BLOCK, WAIT: a worker that waits for a queue stands here by rights.",
    )  # fmt: skip


def _count(number: int | None) -> str:
    return units.UNKNOWN if number is None else f"{number:,}"


def _errors(figures: CacheFigures) -> Iterator[CacheRow]:
    for name, rate in figures.errors_s:
        yield CacheRow(
            f"error:{name}", "errors", name, "crit" if name in REFUSING else "",
            f"{units.number(rate)}/s", "none that refuses work" if name in REFUSING else "",
            "Answers of this server to its clients that began with this word.",
        )  # fmt: skip


def _latency(figures: CacheFigures) -> Iterator[CacheRow]:
    if figures.latency is None:
        return
    if figures.monitor_ms == 0:
        yield CacheRow(
            "latency", "latency", "events", "", "not recorded", "latency-monitor-threshold is 0",
            "The server records what stalled it (fork, disk, expiry, slow commands) only above a threshold.",
            "CONFIG SET latency-monitor-threshold 100 (its owner decides; the console sets nothing)",
        )  # fmt: skip
    elif not figures.latency:
        unknown = figures.monitor_ms is None
        above = "threshold unknown: needs +config|get" if unknown else f"above {figures.monitor_ms} ms"
        yield CacheRow("latency", "latency", "events", "", "none recorded", above)
    for event in figures.latency:
        fresh = figures.taken is not None and (figures.taken - event.at).total_seconds() < RECENT_S
        now = figures.taken or event.at
        yield CacheRow(
            f"latency:{event.name}", "latency", event.name,
            "warn" if fresh and event.latest_ms >= SLOW_EVENT_MS else "",
            f"{event.latest_ms:g} ms at {units.when(event.at, now)}", f"100 ms · most {event.most_ms:g} ms",
            "While it lasts nobody is served: commands run one after the other.",
            EVENT_REMEDIES.get(event.name, "LATENCY HISTORY and LATENCY DOCTOR tell more."),
        )  # fmt: skip


def _keyspace(figures: CacheFigures) -> Iterator[CacheRow]:
    for database in figures.databases:
        ttl = f", mean time to live {units.span(database.mean_ttl_ms / 1000)}" if database.mean_ttl_ms else ""
        expiring = database.expires / database.keys if database.keys else None
        yield CacheRow(
            f"db:{database.number}", "keyspace", f"db{database.number}", "", f"{database.keys:,} keys",
            f"{units.percent(expiring)} % expire{ttl}" if expiring is not None else "",
            *expiry_advice(figures, database),
        )  # fmt: skip


def _commands(figures: CacheFigures) -> Iterator[CacheRow]:
    if figures.by_command is None:
        yield CacheRow(
            "commands:none", "command", "by command", "unknown", units.UNKNOWN, "INFO tells no commandstats",
            "Which command takes the time is not known of this server.", "a managed service or a proxy may hide it",
        )  # fmt: skip
    for rate in figures.by_command or ():
        yield CacheRow(
            f"command:{rate.name}", "command", rate.name, "",
            f"{units.number(rate.calls_s)}/s" if rate.calls_s is not None else units.UNKNOWN,
            _command_words(rate),
            "Mean and share are of the interval; percentiles the server keeps since its start only.",
        )  # fmt: skip


def _command_words(rate: CommandRate) -> str:
    parts = [f"{units.percent(rate.share, 0)} % of time"] if rate.share is not None else []
    if rate.calls_s == 0:
        parts = ["did not run"]
    if rate.mean_us is not None:
        parts.append(f"mean {micros(rate.mean_us)}")
    if rate.failed_s:
        parts.append(f"{units.number(rate.failed_s)} failed/s")
    if rate.percentiles_us:
        parts.append("since start " + " ".join(f"{name} {micros(value)}" for name, value in rate.percentiles_us))
    return " · ".join(parts)


def micros(value: float) -> str:
    """`12 µs`, `1.2 ms`."""
    return f"{units.number(value, 1)} µs" if value < 999.5 else units.seconds(value / 1e6)


def _slow(figures: CacheFigures) -> Iterator[CacheRow]:
    for entry in figures.slow or ():
        now = figures.taken or entry.at
        yield CacheRow(
            f"slow:{entry.id}", "slow log", units.when(entry.at, now), "",
            units.seconds(entry.took_ms / 1000), entry.command,
            f"Entry {entry.id} of {entry.client or 'an unnamed client'}. While it ran nobody else was served.",
            "Smaller values, SCAN in place of whole reads, no sort or script over much on the server.", entry.command,
        )  # fmt: skip


def headline(figures: CacheFigures, rows: tuple[CacheRow, ...]) -> str:
    """`cache valkey 9.1 primary · 2 need a look: memory used 99 % …`."""
    role = ROLES.get(figures.role, figures.role)
    bad, unknown = failing(rows), sum(1 for row in rows if row.state == "unknown")
    parts = [" ".join(filter(None, (figures.server, figures.version or "version unknown", role or "role unknown")))]
    if bad:
        first = bad[0]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        parts.append(f"{first.part} {first.name}: {first.value}{more}")
    elif figures.interval_s is None:
        parts.append("rates need a second reading")
    else:
        parts.append("nothing above its limit in what is read")
    if unknown:
        parts.append(f"{unknown} unknown")
    if figures.max_memory_bytes == 0:
        parts.append("memory is not limited")
    return " · ".join(parts)


EVENT_REMEDIES = {
    "command": "The slow log names it; look for O(N) commands over big keys.",
    "fast-command": "A quick command was slow: the machine itself stalls (swap, CPU, steal).",
    "fork": "Big memory makes a slow fork: snapshots on a replica, no transparent huge pages.",
    "aof-fsync-always": "The disk is slow: appendfsync everysec, a faster disk.",
    "aof-write": "The disk is slow: look at its load while the file is rewritten.",
    "expire-cycle": "Many keys expire at one moment: spread their times to live.",
    "eviction-cycle": "Memory is full and much is dropped at once: raise maxmemory.",
    "eviction-del": "A big key was dropped: lazyfree-lazy-eviction yes.",
    "expire-del": "A big key expired: lazyfree-lazy-expire yes.",
}
