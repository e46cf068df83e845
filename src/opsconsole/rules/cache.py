"""Redis' and Valkey's rates, from the difference of two INFO answers of one epoch (same run_id)."""

from datetime import timedelta

from ..model.counters import CacheCounters
from ..model.redis import CacheFigures


def figures(before: CacheCounters | None, now: CacheCounters) -> CacheFigures:
    """The figures at `now`; every rate is None without a comparable reading before.

    Hit ratio = Δkeyspace_hits/(Δkeyspace_hits + Δkeyspace_misses) of the interval, None for 0 of 0: the ratio since
    start hides every drop.
    """
    earlier = before if before is not None and comparable(before, now) else None
    interval_s = (now.taken - earlier.taken).total_seconds() if earlier else None
    notes = list(now.notes)
    if before is not None and before.run_id != now.run_id:
        notes.append("the server started again since the last reading")
    elif before is not None and earlier is None:
        notes.append("counters were reset since the last reading")
    if now.max_memory_bytes == 0:
        notes.append("maxmemory is 0: memory is not limited")
    return CacheFigures(
        server=now.server,
        version=now.version,
        role=now.role,
        hit_ratio=hit_ratio(earlier, now),
        memory_bytes=now.memory_bytes,
        max_memory_bytes=now.max_memory_bytes,
        policy=now.policy,
        evictions_s=_rate(earlier, now, "evicted"),
        expired_s=_rate(earlier, now, "expired"),
        clients=now.clients,
        blocked_clients=now.blocked_clients,
        max_clients=now.max_clients,
        commands_s=_rate(earlier, now, "commands"),
        interval_s=interval_s,
        fragmentation=now.fragmentation,
        keys=now.keys,
        # By the second: INFO tells uptime in whole seconds, and a start that wobbles would look like news.
        started=(now.taken - timedelta(seconds=now.uptime_s)).replace(microsecond=0),
        replication=now.replication,
        slow=now.slow or (),
        slow_new=slow_new(before, now),
        latency=now.latency,
        notes=tuple(notes),
    )


def comparable(before: CacheCounters, now: CacheCounters) -> bool:
    """The same run of the server, time went on, and no counter went down (CONFIG RESETSTAT)."""
    return (
        before.run_id == now.run_id
        and now.taken > before.taken
        and all(getattr(before, n) <= getattr(now, n) for n in ("hits", "misses", "evicted", "expired", "commands"))
    )


def hit_ratio(before: CacheCounters | None, now: CacheCounters) -> float | None:
    if before is None:
        return None
    hits, misses = now.hits - before.hits, now.misses - before.misses
    return hits / (hits + misses) if hits + misses > 0 else None


def slow_new(before: CacheCounters | None, now: CacheCounters) -> int:
    """Slow commands since the last reading: ids only grow within one run (they begin again at 0 with the next)."""
    if before is None or before.slow is None or not now.slow:
        return 0
    newest = max((entry.id for entry in before.slow), default=-1) if before.run_id == now.run_id else -1
    return sum(1 for entry in now.slow if entry.id > newest)


def _rate(before: CacheCounters | None, now: CacheCounters, name: str) -> float | None:
    if before is None:
        return None
    return float(getattr(now, name) - getattr(before, name)) / (now.taken - before.taken).total_seconds()
