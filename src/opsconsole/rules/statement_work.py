"""What each statement did between two samples of its server's counters, and how that went through time.

Counters of one entry are comparable where its `stats_since` is unchanged (17+) and none of them went down; otherwise
the entry was evicted or reset and came again, and what it counted since then is taken: never more than the truth.
"""

from collections.abc import Sequence
from itertools import pairwise
from operator import sub
from typing import NamedTuple

from ..model.statements import Counts, StatementCounters, StatementsSample
from .statement_windows import TOLERANCE_S, epoch

TREND_POINTS = 12
Trend = tuple[float | None, ...]


class Difference(NamedTuple):
    """What was done, by the statement's key; statements that were not called are left out."""

    work: dict[str, Counts]
    back: int = 0
    """Entries that were there at the start and counted anew since."""


def difference(start: StatementsSample, end: StatementsSample) -> Difference:
    """Between two samples of one epoch."""
    # Samples share the entries that did not change between them: only the others are looked at.
    there, here = {id(counters) for counters in start.counters}, {id(counters) for counters in end.counters}
    old = {_identity(counters): counters for counters in start.counters if id(counters) not in here}
    work, back = {}, 0
    for counters in end.counters:
        if id(counters) in there:
            continue
        before = old.get(_identity(counters))
        done = since(before, counters)
        if before is not None and done is None:
            back += 1
        done = done or counters.counts
        if done.calls > 0:
            work[counters.key] = done
    return Difference(work, back)


def in_all(sample: StatementsSample) -> Difference:
    """Everything since the server began to count."""
    counted = ((counters.key, counters.counts) for counters in sample.counters)
    return Difference({key: counts for key, counts in counted if counts.calls > 0})


def since(before: StatementCounters | None, now: StatementCounters) -> Counts | None:
    """None where the two cannot be compared."""
    if before is None or before.since != now.since:
        return None
    done = Counts._make(map(sub, now.numbers, before.numbers))
    return None if min(done) < 0 else done


def total(work: Sequence[Counts]) -> Counts:
    return Counts._make(map(sum, zip(*work, strict=True))) if work else Counts()


def trend(samples: Sequence[StatementsSample], keys: Sequence[str], reach_s: float) -> dict[str, Trend]:
    """Calls per second between samples chosen evenly over time, oldest first; None where an epoch ended."""
    if not samples:
        return {}
    now = samples[-1]
    near = [s for s in samples if (now.taken - s.taken).total_seconds() <= reach_s + TOLERANCE_S]
    chosen = _evenly(near, TREND_POINTS)
    ids = {int(key.split("/")[2]) for key in keys}
    entries = [{c.key: c for c in one.counters if c.query_id in ids} for one in chosen]
    points: dict[str, list[float | None]] = {key: [] for key in keys}
    for (old, before), (new, after) in pairwise(zip(chosen, entries, strict=True)):
        seconds = (new.taken - old.taken).total_seconds()
        comparable = epoch(old) == epoch(new) and seconds > 0
        for key, values in points.items():
            values.append(_calls(before.get(key), after.get(key)) / seconds if comparable else None)
    return {key: tuple(values) for key, values in points.items()}


def _calls(before: StatementCounters | None, now: StatementCounters | None) -> float:
    if now is None or now is before:
        return 0.0
    return (since(before, now) or now.counts).calls


def _identity(counters: StatementCounters) -> tuple[int, int, int, bool]:
    return counters.user_id, counters.database_id, counters.query_id, counters.toplevel


def _evenly(samples: Sequence[StatementsSample], steps: int) -> list[StatementsSample]:
    """At most `steps` + 1 samples: those nearest to evenly spaced instants from the first to the last."""
    if not samples:
        return []
    first = samples[0].taken
    step = (samples[-1].taken - first) / steps
    nearest = (min(samples, key=lambda s: abs(s.taken - first - step * index)) for index in range(steps + 1))
    return list({sample.taken: sample for sample in nearest}.values())
