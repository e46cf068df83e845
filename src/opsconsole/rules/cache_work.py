"""How a cache does its work: the answer to PING, the hit ratio and whether it can be judged yet, what leaves it."""

from collections.abc import Iterator
from datetime import datetime

from ..model.redis import CacheFigures
from ..text import units
from .cache_row import CacheRow

LOW_HITS = 0.8
SLOW_PING_S, SLOW_INFO_S = 0.1, 1.0
WARMING_S = 3600.0
"""So long after it began empty a low hit ratio is put down to that."""
SHORT_LIVED_MS = 60_000


def work_rows(figures: CacheFigures) -> Iterator[CacheRow]:
    over = "" if figures.interval_s is None else f"over the last {units.span(figures.interval_s)}"
    yield ping_row(figures)
    yield _hits(figures, over)
    yield CacheRow("commands", "work", "commands", "", _rate(figures.commands_s), over)
    full = bool(figures.evictions_s) and _low(figures)
    yield CacheRow(
        "evicted", "work", "evicted", "warn" if full else "", _rate(figures.evictions_s),
        "with a low hit ratio", "Evicting is how a cache stays within maxmemory; with a low hit ratio it is too small.",
        "See memory and big keys; raise maxmemory, or store less and shorter.",
    )  # fmt: skip
    yield CacheRow("expired", "work", "expired", "", _rate(figures.expired_s), over)


def ping_row(figures: CacheFigures) -> CacheRow:
    info_s = next((one.took_s for one in figures.asked if one.name == "info" and not one.problem), None)
    slow = (figures.ping_s or 0.0) >= SLOW_PING_S or (info_s or 0.0) >= SLOW_INFO_S
    value = units.seconds(figures.ping_s)
    # The cause, loading, a lost primary, a disk that is full, has a line of its own above this one.
    if figures.ping_said:
        value = f"refused: {figures.ping_said}"
    if info_s is not None and info_s >= SLOW_INFO_S:
        value += f", INFO {units.seconds(info_s)}"
    return CacheRow(
        "ping", "work", "answers PING in", "warn" if figures.ping_said or slow else "", value,
        "its clients are refused, too" if figures.ping_said else units.seconds(SLOW_PING_S),
        "There and back again from here, the network's part included. Commands run one after the other: while one is "
        "slow, all wait.",
        "The slow log and the latency events name what holds it; compare with PING on its own machine.",
        asked=("ping", "info"),
    )  # fmt: skip


def cold_since(figures: CacheFigures) -> datetime | None:
    """When it last began without keys, if that is not long ago; what evicts is full, not cold."""
    if figures.evictions_s:
        return None
    disk, moments = figures.persistence, [event.at for event in figures.events if event.kind == "emptied"]
    nothing_loaded = disk.loaded_keys == 0 if disk.loaded_keys is not None else disk.save_rules == ()
    began_empty = nothing_loaded and disk.aof is False and disk.loading is None
    if figures.started is not None and figures.role == "master" and began_empty:
        moments.append(figures.started)
    if not moments or figures.taken is None:
        return None
    newest = max(moments)
    return newest if (figures.taken - newest).total_seconds() < WARMING_S else None


def _rate(value: float | None) -> str:
    return units.UNKNOWN if value is None else f"{units.number(value)}/s"


def _low(figures: CacheFigures) -> bool:
    return figures.hit_ratio is not None and figures.hit_ratio < LOW_HITS


def _hits(figures: CacheFigures, over: str) -> CacheRow:
    since = cold_since(figures) if _low(figures) or figures.hit_ratio is None else None
    limit = f"80 % · {over}" if over else "80 %"
    if since is not None and figures.taken is not None:
        limit = f"cold since {units.age(since, figures.taken)}: hit ratio is of a cache that fills · 80 %"
    return CacheRow(
        "hits", "work", "hit ratio", "warn" if _low(figures) else "",
        f"{units.percent(figures.hit_ratio, 1)} %" if figures.hit_ratio is not None else units.UNKNOWN, limit,
        "What misses here is asked of the database. Of no lookups at all the ratio is unknown, not 0.",
        _hits_remedy(figures, since is not None),
    )  # fmt: skip


def _hits_remedy(figures: CacheFigures, cold: bool) -> str:
    if cold:
        return (
            "The database bears it until it is warm: watch its connections, restart or empty nothing more. Before the "
            "next planned restart: a snapshot, or read the busiest keys in first."
        )
    if _low(figures) and figures.evictions_s:
        return "It evicts: too small for what is stored. See memory and big keys before anything else."
    lives = [each.mean_ttl_ms for each in figures.databases if each.mean_ttl_ms and each.expires]
    if _low(figures) and figures.expired_s and lives and min(lives) < SHORT_LIVED_MS:
        mean = units.span(min(lives) / 1000)
        return f"Keys live for {mean} only: a longer time to live for what is asked often. Else the last release."
    return "Compare with evictions (too small), expirations (too short-lived) and the last release (other keys)."
