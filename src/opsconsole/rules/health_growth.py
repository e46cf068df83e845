"""How fast sizes grow, from samples that were kept: straight from the oldest of the last hours to the newest."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.server_signs import Growth, HealthSigns

REACH = timedelta(hours=6)
LEAST_S = 300.0
"""A shorter span says nothing: files grow in steps."""


class Sizes(msgspec.Struct, frozen=True, gc=False):
    """Bytes by name at one instant."""

    taken: datetime
    databases: dict[str, int]
    tables: dict[str, int]


def sizes(signs: HealthSigns) -> Sizes | None:
    """What the signs say of sizes, at the time that they were asked for; None where they could not be."""
    asked = next((asked for asked in signs.asked if asked.name == "database_sizes"), None)
    if asked is None or signs.database_sizes is None:
        return None
    return Sizes(
        asked.taken,
        {sign.name: sign.bytes for sign in signs.database_sizes if sign.bytes is not None},
        {sign.name: sign.bytes for sign in signs.table_sizes or () if sign.bytes is not None},
    )


def growth(kept: Sequence[Sizes]) -> tuple[Growth | None, Growth | None]:
    """Of databases and of tables, from samples in the order of time; None while they span too little."""
    if not kept:
        return None, None
    now = kept[-1]
    first = next((one for one in kept if one.taken >= now.taken - REACH), now)
    span_s = (now.taken - first.taken).total_seconds()
    if span_s < LEAST_S:
        return None, None
    return (
        Growth(span_s, _rates(first.databases, now.databases, span_s)),
        Growth(span_s, _rates(first.tables, now.tables, span_s)),
    )


def _rates(before: dict[str, int], now: dict[str, int], span_s: float) -> dict[str, float]:
    """What came later has no rate: it may be a restore."""
    return {name: (size - before[name]) / span_s for name, size in now.items() if name in before}
