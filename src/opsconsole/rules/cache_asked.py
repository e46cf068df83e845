"""Which commands a line of the Redis view comes from."""

from ..model.asked import Asked
from ..model.redis import CacheFigures, KeySearch
from .cache_row import CacheRow

OF_PARTS: dict[str, tuple[str, ...]] = {
    "disk": ("info", "config save"),
    "latency": ("latency", "config latency-monitor-threshold"),
    "slow log": ("slowlog",),
    "cluster": ("cluster info", "cluster nodes"),
    "sentinel": ("masters",),
    "event": ("info", "cluster nodes", "masters"),
}
"""By part of the line; all others come from INFO."""


def asked_for(row: CacheRow, figures: CacheFigures, search: KeySearch | None) -> tuple[Asked, ...]:
    """The commands behind a line, as far as this reading asked them."""
    if row.part in ("keys", "key"):
        return search.asked if search is not None else ()
    names = row.asked or OF_PARTS.get(row.part, ("info",))
    known = {one.name: one for one in figures.asked}
    return tuple(known[name] for name in names if name in known)
