"""Measures of databases and caches from the counters that consoles before this one kept, about a minute apart."""

from collections.abc import Sequence
from itertools import pairwise

from ..model.counters import ServerCounters
from ..model.redis import CacheCounters
from .cache import comparable, hit_ratio, lookups
from .evaluate import Samples
from .measures import LEAST_LOOKUPS, connections_used


def database_past(kept: Sequence[ServerCounters]) -> Samples:
    """Connections as a share of those an ordinary role may open."""
    return tuple((one.taken.timestamp(), connections_used(one.facts)) for one in kept)


def cache_past(kept: Sequence[CacheCounters]) -> Samples:
    """The hit ratio between each two; unknown over a restart or a reset, and where little was asked."""
    found: list[tuple[float, float | None]] = []
    for before, now in pairwise(kept):
        enough = comparable(before, now) and (lookups(before, now) or 0) >= LEAST_LOOKUPS
        found.append((now.taken.timestamp(), hit_ratio(before, now) if enough else None))
    return tuple(found)
