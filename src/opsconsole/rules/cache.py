"""Redis' and Valkey's rates, from the difference of two INFO answers of one epoch (same run_id)."""

from datetime import datetime, timedelta

from ..model.redis import CacheCounters, CacheEvent, CacheFigures, CommandCount, CommandRate
from ..text import units
from .cache_cluster import failovers
from .cache_sentinel import sentinel_failovers

EVENTS = 20


def figures(before: CacheCounters | None, now: CacheCounters, events: tuple[CacheEvent, ...] = ()) -> CacheFigures:
    """The figures at `now`; every rate is None without a comparable reading before.

    Hit ratio = Δkeyspace_hits/(Δkeyspace_hits + Δkeyspace_misses) of the interval, None for 0 of 0: the ratio since
    start hides every drop.
    """
    earlier = before if before is not None and comparable(before, now) else None
    interval_s = (now.taken - earlier.taken).total_seconds() if earlier else None
    notes = []
    if before is not None and not same_run(before, now):
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
        started=started(now),
        replication=now.replication,
        slow=now.slow,
        slow_new=slow_new(before, now),
        latency=now.latency,
        notes=tuple(notes),
        taken=now.taken,
        fragmented_bytes=now.fragmented_bytes,
        resident_bytes=now.resident_bytes,
        rejected_s=_rate(earlier, now, "rejected"),
        over_limit_ms=now.over_limit_ms,
        by_command=command_rates(earlier, now),
        errors_s=errors_s(earlier, now),
        databases=now.databases,
        persistence=now.persistence,
        cluster=now.cluster,
        sentinel=now.sentinel,
        monitor_ms=now.monitor_ms,
        unread=now.unread,
        events=events,
        ping_s=now.ping_s,
        ping_said=now.ping_said,
        lookups=lookups(earlier, now),
        asked=now.asked,
    )


def started(now: CacheCounters) -> datetime | None:
    """By the second: INFO tells uptime in whole seconds, and a start that wobbles would look like news."""
    if now.uptime_s is None:
        return None
    return (now.taken - timedelta(seconds=now.uptime_s)).replace(microsecond=0)


def command_rates(before: CacheCounters | None, now: CacheCounters) -> tuple[CommandRate, ...] | None:
    """Every command that ever ran, what took most time since `before` first; without a before their rates are unknown.

    Those that did not run of late stay, with 0/s: on the screen no line comes and goes with every interval.
    Mean = Δusec/Δcalls, share = Δusec/ΣΔusec. Percentiles are the server's own, which it keeps since its start only.
    """
    if now.by_command is None:
        return None
    if before is None or before.by_command is None:
        ordered = sorted(now.by_command, key=lambda count: -count.usec)
        return tuple(CommandRate(count.name, None, None, None, None, count.percentiles_us) for count in ordered)
    seconds = (now.taken - before.taken).total_seconds()
    earlier = {count.name: count for count in before.by_command}
    found = []
    for count in now.by_command:
        old = earlier.get(count.name) or CommandCount(count.name, 0, 0, 0, 0)
        found.append((count, count.calls - old.calls, count.usec - old.usec, _failed(count, old)))
    whole = sum(usec for _, _, usec, _ in found)
    found.sort(key=lambda row: (-row[2], row[0].name))
    return tuple(
        CommandRate(
            name=count.name,
            calls_s=calls / seconds,
            mean_us=usec / calls if calls else None,
            share=usec / whole if whole > 0 else None,
            failed_s=None if failed is None else failed / seconds,
            percentiles_us=count.percentiles_us,
        )
        for count, calls, usec, failed in found
    )


def errors_s(before: CacheCounters | None, now: CacheCounters) -> tuple[tuple[str, float], ...]:
    """Errors of the interval by their first word, most first."""
    if before is None:
        return ()
    seconds, earlier = (now.taken - before.taken).total_seconds(), dict(before.errors)
    rates = ((name, (count - earlier.get(name, 0)) / seconds) for name, count in now.errors)
    return tuple(sorted(((name, rate) for name, rate in rates if rate > 0), key=lambda row: (-row[1], row[0])))


def events_between(before: CacheCounters | None, now: CacheCounters) -> tuple[CacheEvent, ...]:
    """What two readings tell that rates do not: another run, counters reset, emptied, another role or primary."""
    if before is None:
        return ()
    found = []
    if not same_run(before, now):
        found.append(("restart", "started again: all counters begin anew"))
    elif not comparable(before, now) and now.taken > before.taken:
        found.append(("reset", "its counters were reset"))
    elif words := emptied(before, now):
        found.append(("emptied", words))
    if before.role and now.role and before.role != now.role:
        was, became = ROLES.get(before.role, before.role), ROLES.get(now.role, now.role)
        found.append(("role", f"fail-over: was {was} and is {became} now"))
    if before.replication.primary and now.replication.primary not in ("", before.replication.primary):
        found.append(("role", f"follows {now.replication.primary} now, before {before.replication.primary}"))
    found += [("failover", words) for words in failovers(before.cluster, now.cluster)]
    found += [("failover", words) for words in sentinel_failovers(before.sentinel, now.sentinel)]
    return tuple(CacheEvent(now.taken, kind, what) for kind, what in found)


def emptied(before: CacheCounters, now: CacheCounters) -> str:
    """Somebody emptied it in the interval: its clients find nothing until it has filled again."""
    earlier = {count.name: count.calls for count in before.by_command or ()}
    ran = [
        count.name.upper()
        for count in now.by_command or ()
        if count.name in ("flushall", "flushdb") and count.calls > earlier.get(count.name, 0)
    ]
    if not ran or before.by_command is None or before.keys is None or now.keys is None:
        return ""
    return f"{' and '.join(ran)} ran: {units.plural(before.keys, 'key')} before, {now.keys:,} now"


ROLES = {"master": "primary", "slave": "replica"}


def comparable(before: CacheCounters, now: CacheCounters) -> bool:
    """The same run of the server, time went on, and no counter went down (CONFIG RESETSTAT)."""
    return (
        same_run(before, now)
        and now.taken > before.taken
        and not any(_below(getattr(now, name), getattr(before, name)) for name in COUNTERS)
        and not _went_down(before, now)
    )


def same_run(before: CacheCounters, now: CacheCounters) -> bool:
    """A proxy may hide the run's id: then only an uptime that went down tells."""
    return before.run_id == now.run_id and not _below(now.uptime_s, before.uptime_s)


COUNTERS = ("hits", "misses", "evicted", "expired", "commands")


def _below(now: int | None, before: int | None) -> bool:
    return now is not None and before is not None and now < before


def _went_down(before: CacheCounters, now: CacheCounters) -> bool:
    """A reset followed by much traffic shows only in the commands that ran less since then."""
    calls = {count.name: count.calls for count in now.by_command or ()}
    return now.by_command is not None and any(
        calls.get(count.name, 0) < count.calls for count in before.by_command or ()
    )


def _failed(now: CommandCount, before: CommandCount) -> int | None:
    if now.failed is None or now.rejected is None:
        return None
    return max(0, now.failed + now.rejected - (before.failed or 0) - (before.rejected or 0))


def hit_ratio(before: CacheCounters | None, now: CacheCounters) -> float | None:
    hits, misses = _difference(before, now, "hits"), _difference(before, now, "misses")
    return hits / (hits + misses) if hits is not None and misses is not None and hits + misses > 0 else None


def lookups(before: CacheCounters | None, now: CacheCounters) -> int | None:
    """How many keys were looked for in the interval, found or not."""
    hits, misses = _difference(before, now, "hits"), _difference(before, now, "misses")
    return hits + misses if hits is not None and misses is not None else None


def slow_new(before: CacheCounters | None, now: CacheCounters) -> int:
    """Slow commands since the last reading: ids only grow within one run (they begin again at 0 with the next)."""
    if before is None or before.slow is None or not now.slow:
        return 0
    newest = max((entry.id for entry in before.slow), default=-1) if same_run(before, now) else -1
    return sum(1 for entry in now.slow if entry.id > newest)


def _rate(before: CacheCounters | None, now: CacheCounters, name: str) -> float | None:
    counted = _difference(before, now, name)
    return None if before is None or counted is None else counted / (now.taken - before.taken).total_seconds()


def _difference(before: CacheCounters | None, now: CacheCounters, name: str) -> int | None:
    old, new = getattr(before, name, None), getattr(now, name)
    return None if old is None or new is None else int(new - old)
