"""Which samples bound a window and the time before it, and what happened to the counters meanwhile, in words.

Samples are comparable within one epoch: same start of the server, same reset of pg_stat_statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ..model.statements import LAST, MINUTE, QUARTER, USUAL, StatementsSample
from ..text.units import plural, span, when

LENGTHS_S: Mapping[str, float] = {LAST: 0.0, MINUTE: 60.0, USUAL: 300.0, QUARTER: 900.0}
BEFORE_S = 3600.0
SHORTEST_WINDOW_S = 60.0
SHORTEST_BEFORE_S = 120.0
"""With less of a time before there is nothing to compare with: what comes once a minute would be new."""
TOLERANCE_S = 5.0
"""A sample this much older than the window still begins it: readings come every ten seconds or more."""

Pair = tuple[StatementsSample, StatementsSample]


def epoch(sample: StatementsSample) -> tuple[datetime | None, datetime | None]:
    return sample.started, sample.stats_reset


def window_start(samples: Sequence[StatementsSample], window_s: float) -> StatementsSample | None:
    """The sample that begins the window that ends with the newest; None while there is none of its epoch.

    With little history the window is a third of it (at least a minute), so that there is a before; without any sample
    near that the nearest begins it, and the true span is said.
    """
    now = samples[-1]
    same = [s for s in samples[:-1] if epoch(s) == epoch(now) and s.taken < now.taken]
    if not same or window_s <= 0:
        return same[-1] if same else None
    ages = ((now.taken - sample.taken).total_seconds() for sample in same)
    reach = max((age for age in ages if age <= window_s + BEFORE_S + TOLERANCE_S), default=0.0)
    return _nearest(same, now.taken, min(window_s, max(SHORTEST_WINDOW_S, reach / 3)))


def calls_s(samples: Sequence[StatementsSample]) -> float | None:
    """Calls per second of all statements between the newest two; None where they tell nothing of now.

    Evictions take their calls out of the sum, which may then have gone down.
    """
    before = window_start(samples, 0.0) if samples else None
    if before is None or before.calls is None or samples[-1].calls is None:
        return None
    calls, seconds = samples[-1].calls - before.calls, (samples[-1].taken - before.taken).total_seconds()
    return calls / seconds if calls >= 0 and seconds <= LENGTHS_S[USUAL] else None


def pair_before(samples: Sequence[StatementsSample], start: StatementsSample) -> Pair | None:
    """The two samples that bound the time before: an hour back from the window's start, in one epoch.

    After a restart or reset inside the window that is the epoch before it. None while it would be too short.
    """
    older = [sample for sample in samples if sample.taken <= start.taken]
    while older:
        end = older[-1]
        same = [sample for sample in older[:-1] if epoch(sample) == epoch(end) and sample.taken < end.taken]
        if same:
            begin = _nearest(same, end.taken, BEFORE_S)
            return (begin, end) if (end.taken - begin.taken).total_seconds() >= SHORTEST_BEFORE_S else None
        older.pop()
    return None


def _nearest(samples: Iterable[StatementsSample], end: datetime, age_s: float) -> StatementsSample:
    wanted = end - timedelta(seconds=age_s)
    return min(samples, key=lambda sample: abs(sample.taken - wanted))


def before_label(earlier_s: float | None, start: StatementsSample) -> str:
    """What the columns `before` compare with, in words."""
    if earlier_s is not None:
        return "the hour before" if abs(earlier_s - BEFORE_S) <= BEFORE_S / 10 else f"the {span(earlier_s)} before"
    if start.stats_reset is None:
        return "mean since the reset"
    counted_s = (start.taken - start.stats_reset).total_seconds()
    return f"mean since {day_or_clock(start.stats_reset, start.taken)}" if counted_s >= SHORTEST_BEFORE_S else ""


def day_or_clock(moment: datetime, now: datetime) -> str:
    """`02:41`, or `12 Mar` where that was not today."""
    return when(moment, now) if moment.date() == now.date() else f"{moment.day} {moment:%b}"


def notes(samples: Sequence[StatementsSample], window_s: float, back: int) -> tuple[str, ...]:
    """What the numbers of the window leave out; `back` entries began again in it."""
    now = samples[-1]
    near = recent(samples)
    said = [words for words in (_restart(near, window_s), _reset(near, window_s)) if words]
    told = any(one.since is not None for one in now.counters[:1])
    times = evictions(near)
    if times:
        most = f", now {now.tracked.most:,}" if now.tracked.most else ""
        last = max(newer.taken for older, newer in pairwise(near) if evicted(older, newer))
        count = plural(times, "time")
        said.append(
            f"top-N incomplete: the server evicted statements {count}, last by {when(last, now.taken)} "
            f"(raise pg_stat_statements.max{most})"
        )
        if not told:
            # counted anew beyond what it had before, it looks like one that went on (zubkov-andrei/pg_profile#116)
            said.append("what was evicted and came again may be counted wrongly: only 17 and later tell")
    elif back:
        how = "one by one" if told else "though the server tells no reset of all"
        said.append(f"counts of {plural(back, 'statement')} began again in this window, reset {how}")
    if now.hidden:
        said.append(f"{plural(now.hidden, 'statement')} of others not visible: needs pg_monitor")
    return tuple(said)


def recent(samples: Sequence[StatementsSample]) -> list[StatementsSample]:
    """Those of the widest window and the hour before."""
    oldest = samples[-1].taken - timedelta(seconds=LENGTHS_S[QUARTER] + BEFORE_S)
    return [sample for sample in samples if sample.taken >= oldest]


def evictions(samples: Sequence[StatementsSample]) -> int:
    """How often the server threw entries out to make room, as far as it tells."""
    return sum(evicted(older, newer) for older, newer in pairwise(samples))


def evicted(older: StatementsSample, newer: StatementsSample) -> int:
    if older.deallocations is None or newer.deallocations is None or epoch(older) != epoch(newer):
        return 0
    return max(0, newer.deallocations - older.deallocations)


def _restart(samples: Sequence[StatementsSample], window_s: float) -> str:
    found = [newer for older, newer in pairwise(samples) if older.started != newer.started and newer.started]
    if not found or found[-1].started is None:
        return ""
    return _event("the server started again", found[-1].started, samples[-1], window_s)


def _reset(samples: Sequence[StatementsSample], window_s: float) -> str:
    found = [newer for older, newer in pairwise(samples) if older.stats_reset != newer.stats_reset]
    if not found or found[-1].stats_reset is None:
        return ""
    return _event("statistics were reset", found[-1].stats_reset, samples[-1], window_s)


def _event(what: str, at: datetime, now: StatementsSample, window_s: float) -> str:
    words = f"{what} at {when(at, now.taken)}"
    inside = at > now.taken - timedelta(seconds=window_s)
    return f"{words}: the window begins after it" if inside else words
