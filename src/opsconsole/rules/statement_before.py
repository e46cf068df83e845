"""The time before of statements that grew is kept: it moves along, and after a while it holds the trouble itself."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ..model.statements import StatementRate, Statements
from .statement_findings import HELD, TIMES

SHARE = 0.001
"""What takes less of the time may come and go as it likes."""


class Before(msgspec.Struct, frozen=True, gc=False):
    """What was normal for a statement when it grew."""

    calls_s: float | None
    mean_ms: float | None
    until: datetime | None


def remembered(view: Statements, held: Mapping[str, Before]) -> dict[str, Before]:
    """By key: the time before of what grew, from then until less than half of that growth is left.

    Bounds lie no higher than those of the findings, so that a finding that stands has its time before kept.
    """
    found = {}
    for row in view.rows:
        kept = held.get(row.key)
        if kept is not None and _grew(row, kept.calls_s, kept.mean_ms, HELD):
            found[row.key] = kept
        elif view.before_s is not None and _grew(row, row.before_calls_s, row.before_mean_ms, 1.0):
            found[row.key] = Before(row.before_calls_s, row.before_mean_ms, view.begins)
    return found


def with_before(rows: tuple[StatementRate, ...], held: Mapping[str, Before]) -> tuple[StatementRate, ...]:
    """The rows with the time before that is kept for some of them."""
    if not held:
        return rows
    return tuple(_with(row, held[row.key]) if row.key in held else row for row in rows)


def _with(row: StatementRate, kept: Before) -> StatementRate:
    before = {"before_calls_s": kept.calls_s, "before_mean_ms": kept.mean_ms, "before_until": kept.until}
    return msgspec.structs.replace(row, **before)


def _grew(row: StatementRate, calls_s: float | None, mean_ms: float | None, bound: float) -> bool:
    if row.share < SHARE * bound:
        return False
    by_calls = bool(calls_s) and (row.calls_s or 0.0) >= TIMES * bound * (calls_s or 0.0)
    by_mean = bool(mean_ms) and row.mean_ms >= TIMES * bound * (mean_ms or 0.0)
    return by_calls or by_mean
