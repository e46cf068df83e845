"""What the statements did in a window, from the difference of samples: never totals since a reset.

Definitions: rate = Δcalls/Δt, mean = Δtotal/Δcalls, Δcalls = 0 is dropped, share = Δtotal/ΣΔtotal. Counters of one
entry are comparable where its `stats_since` is unchanged (17+) or none of them went down; otherwise the entry was
evicted and came again, and what it counted since then is taken (never more than the truth). Samples are comparable
within one epoch: same start of the server, same reset of pg_stat_statements.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import msgspec

from ..model.statements import StatementCounters, StatementRate, Statements, StatementsSample
from ..text.units import clock as hour_minute
from ..text.units import plural, span

WINDOW_S = 300.0
BEFORE_S = 3600.0
SHORTEST_WINDOW_S = 60.0
TOLERANCE_S = 5.0
"""A sample this much older than the window still begins it: readings come every ten seconds, give or take."""
BY_SHARE, BY_CHANGE = 60, 40
"""Rows kept: the heaviest, and those that changed most."""
NEW_SHARE = 0.005
"""From this share on a new statement stands above every old one."""
TREND_POINTS = 12


class Label(msgspec.Struct, frozen=True, gc=False):
    """What is known of a statement beside its counters."""

    text: str = ""
    user: str = ""
    database: str = ""
    application: str = ""


class Work(NamedTuple):
    """What one statement did between two samples."""

    calls: int
    total_ms: float
    rows: int
    blocks_hit: int
    blocks_read: int


def statements(
    samples: Sequence[StatementsSample],
    *,
    labels: Mapping[str, Label] | None = None,
    first_seen: Mapping[str, datetime] | None = None,
    window_s: float = WINDOW_S,
    before_s: float = BEFORE_S,
) -> Statements | None:
    """The view at the newest of the samples (oldest first); None while there is nothing to compare it with.

    `labels` and `first_seen` are by the statement's key; without `first_seen` nothing is called new.
    """
    if not samples:
        return None
    now = samples[-1]
    start = window_start(samples, window_s, before_s)
    if start is None:
        return None
    seconds = (now.taken - start.taken).total_seconds()
    work = difference(start, now)
    pair = pair_before(samples, start, before_s)
    earlier = difference(*pair) if pair else None
    earlier_s = (pair[1].taken - pair[0].taken).total_seconds() if pair else None
    view = _View(work, seconds, earlier, earlier_s, start, labels or {}, _newcomers(first_seen, pair))
    kept, rest = view.choose()
    trends = trend(samples, kept, now, window_s + before_s)
    rows = tuple(msgspec.structs.replace(view.row(key), trend=trends.get(key, ())) for key in kept)
    return Statements(
        server=now.server,
        window_s=seconds,
        before_s=earlier_s,
        rows=rows,
        others=view.others(rest) if rest else None,
        others_count=len(rest),
        notes=notes(samples, start, now, window_s),
        before_label=before_label(earlier_s, start),
    )


def difference(start: StatementsSample, end: StatementsSample) -> dict[str, Work]:
    """What each statement did between two samples of one epoch; statements that were not called are left out."""
    # Samples share the entries that did not change between them: only the others are looked at.
    there, here = {id(counters) for counters in start.counters}, {id(counters) for counters in end.counters}
    old = {(c.user_id, c.database_id, c.query_id, c.toplevel): c for c in start.counters if id(c) not in here}
    work = {}
    for counters in end.counters:
        if id(counters) in there:
            continue
        done = _since(old.get((counters.user_id, counters.database_id, counters.query_id, counters.toplevel)), counters)
        if done.calls > 0:
            work[counters.key] = done
    return work


def _since(before: StatementCounters | None, now: StatementCounters) -> Work:
    whole = Work(now.calls, max(0.0, now.total_ms), now.rows, now.blocks_hit, now.blocks_read)
    if before is None or before.since != now.since:
        return whole
    done = Work(
        now.calls - before.calls,
        now.total_ms - before.total_ms,
        now.rows - before.rows,
        now.blocks_hit - before.blocks_hit,
        now.blocks_read - before.blocks_read,
    )
    return whole if min(done) < 0 else done


def epoch(sample: StatementsSample) -> tuple[datetime | None, datetime | None]:
    return sample.started, sample.stats_reset


def window_start(samples: Sequence[StatementsSample], window_s: float, before_s: float) -> StatementsSample | None:
    """The sample that begins the window.

    With little history the window is a third of it (at least a minute), so that there is a before; without any sample
    inside the window it is the newest older one, and the true span is said.
    """
    now = samples[-1]
    same = [s for s in samples[:-1] if epoch(s) == epoch(now) and s.taken < now.taken]
    if not same:
        return None
    ages = [(now.taken - sample.taken).total_seconds() for sample in same]
    reach = max((age for age in ages if age <= window_s + before_s + TOLERANCE_S), default=0.0)
    wanted = min(window_s, max(SHORTEST_WINDOW_S, reach / 3))
    inside = [sample for sample, age in zip(same, ages, strict=True) if age <= wanted + TOLERANCE_S]
    return inside[0] if inside else same[-1]


def pair_before(
    samples: Sequence[StatementsSample], start: StatementsSample, before_s: float
) -> tuple[StatementsSample, StatementsSample] | None:
    """The two samples that bound the time before: up to `before_s` back from the window's start, in one epoch.

    After a restart or reset inside the window that is the epoch before it.
    """
    older = [sample for sample in samples if sample.taken <= start.taken]
    while older:
        end = older[-1]
        same = [sample for sample in older[:-1] if epoch(sample) == epoch(end) and sample.taken < end.taken]
        inside = [s for s in same if (end.taken - s.taken).total_seconds() <= before_s + TOLERANCE_S]
        if same:
            return (inside[0] if inside else same[-1]), end
        older.pop()
    return None


def before_label(earlier_s: float | None, start: StatementsSample) -> str:
    """What the columns `before` compare with, in words."""
    if earlier_s is not None:
        return "the hour before" if abs(earlier_s - BEFORE_S) <= BEFORE_S / 20 else f"the {span(earlier_s)} before"
    reset = start.stats_reset
    if reset is None:
        return "mean since the reset"
    today = reset.date() == start.taken.date()
    return f"mean since {hour_minute(reset)}" if today else f"mean since {reset.day} {reset:%b}"


def notes(
    samples: Sequence[StatementsSample], start: StatementsSample, now: StatementsSample, window_s: float
) -> tuple[str, ...]:
    """What the numbers leave out."""
    said = []
    earlier = [sample for sample in samples if sample.taken < start.taken]
    recent = earlier and (now.taken - earlier[-1].taken).total_seconds() <= window_s + BEFORE_S
    if recent and earlier[-1].started != now.started:
        said.append(f"the server started again at {hour_minute(now.started)}: the window begins after it")
    elif recent and earlier[-1].stats_reset != now.stats_reset:
        said.append(f"statistics were reset at {hour_minute(now.stats_reset)}: the window begins after it")
    if now.deallocations is not None and start.deallocations is not None and now.deallocations > start.deallocations:
        times = plural(now.deallocations - start.deallocations, "time")
        said.append(f"top-N incomplete: the server evicted statements {times} (raise pg_stat_statements.max)")
    return tuple(said)


def trend(
    samples: Sequence[StatementsSample], keys: Sequence[str], now: StatementsSample, reach_s: float
) -> dict[str, tuple[float | None, ...]]:
    """Calls per second between samples chosen evenly over time, oldest first; None where an epoch ended."""
    near = [s for s in samples if (now.taken - s.taken).total_seconds() <= reach_s + TOLERANCE_S]
    chosen = _evenly(near, TREND_POINTS)
    ids = {int(key.split("/")[2]) for key in keys}
    entries = [{c.key: c for c in one.counters if c.query_id in ids} for one in chosen]
    points: dict[str, list[float | None]] = {key: [] for key in keys}
    for (old, before), (new, after) in pairwise(zip(chosen, entries, strict=True)):
        seconds = (new.taken - old.taken).total_seconds()
        comparable = epoch(old) == epoch(new) and seconds > 0
        for key, values in points.items():
            calls = _since(before.get(key), after[key]).calls if key in after else 0
            values.append(calls / seconds if comparable else None)
    return {key: tuple(values) for key, values in points.items()}


def _evenly(samples: Sequence[StatementsSample], steps: int) -> list[StatementsSample]:
    """At most `steps` + 1 samples: those nearest to evenly spaced instants from the first to the last."""
    if not samples:
        return []
    first = samples[0].taken
    step = (samples[-1].taken - first) / steps
    nearest = (min(samples, key=lambda s: abs(s.taken - first - step * index)) for index in range(steps + 1))
    return list({sample.taken: sample for sample in nearest}.values())


def _newcomers(
    first_seen: Mapping[str, datetime] | None, pair: tuple[StatementsSample, StatementsSample] | None
) -> dict[str, datetime]:
    """Statements that came after the time before had begun."""
    if not first_seen or pair is None:
        return {}
    return {key: seen for key, seen in first_seen.items() if seen > pair[0].taken}


class _View:
    """The window and the time before it, ready to be turned into rows."""

    def __init__(
        self,
        work: dict[str, Work],
        seconds: float,
        earlier: dict[str, Work] | None,
        earlier_s: float | None,
        start: StatementsSample,
        labels: Mapping[str, Label],
        newcomers: Mapping[str, datetime],
    ) -> None:
        self.work = work
        self.seconds = seconds
        self.earlier = earlier
        self.earlier_s = earlier_s or 0.0
        self.cumulated = {} if earlier is not None else {counters.key: counters for counters in start.counters}
        self.start = start
        self.labels = labels
        self.newcomers = newcomers
        self.total_ms = sum(done.total_ms for done in work.values())
        self.earlier_ms = sum(done.total_ms for done in (earlier or {}).values())

    def share(self, key: str) -> float:
        return self.work[key].total_ms / self.total_ms if self.total_ms > 0 else 0.0

    def change(self, key: str) -> tuple[bool, float]:
        """Sort key: new ones of weight first, then by how much their share grew."""
        share = self.share(key)
        if not self.earlier:
            return False, share
        before = self.earlier[key].total_ms / self.earlier_ms if key in self.earlier and self.earlier_ms > 0 else 0.0
        return key in self.newcomers and share >= NEW_SHARE, share - before

    def choose(self) -> tuple[list[str], list[str]]:
        """Keys of the rows in their order, and of all others."""
        by_change = sorted(self.work, key=lambda key: (self.change(key), key), reverse=True)
        by_share = sorted(self.work, key=lambda key: (self.share(key), key), reverse=True)
        wanted = {*by_change[:BY_CHANGE], *by_share[:BY_SHARE]}
        return [key for key in by_change if key in wanted], [key for key in by_change if key not in wanted]

    def row(self, key: str) -> StatementRate:
        done = self.work[key]
        label = self.labels.get(key, Label())
        before_calls_s, before_mean_ms = self._before(key)
        blocks = done.blocks_hit + done.blocks_read
        return StatementRate(
            key=key,
            query_id=int(key.split("/")[2]),
            text=label.text,
            calls_s=done.calls / self.seconds,
            mean_ms=done.total_ms / done.calls,
            share=self.share(key),
            rows_per_call=done.rows / done.calls,
            before_calls_s=before_calls_s,
            before_mean_ms=before_mean_ms,
            first_seen=self.newcomers.get(key),
            application=label.application,
            user=label.user,
            database=label.database,
            hit_ratio=done.blocks_hit / blocks if blocks > 0 else None,
        )

    def others(self, keys: list[str]) -> StatementRate:
        calls = sum(self.work[key].calls for key in keys)
        total_ms = sum(self.work[key].total_ms for key in keys)
        earlier = [self.earlier[key] for key in keys if key in self.earlier] if self.earlier is not None else []
        earlier_calls = sum(done.calls for done in earlier)
        return StatementRate(
            key="others",
            query_id=0,
            text="all others",
            calls_s=calls / self.seconds,
            mean_ms=total_ms / calls,
            share=total_ms / self.total_ms if self.total_ms > 0 else 0.0,
            rows_per_call=None,
            before_calls_s=earlier_calls / self.earlier_s if self.earlier_s > 0 else None,
            before_mean_ms=sum(done.total_ms for done in earlier) / earlier_calls if earlier_calls else None,
        )

    def _before(self, key: str) -> tuple[float | None, float | None]:
        """(calls/s, mean ms) of the time before; without one, what the server has cumulated up to the window."""
        if self.earlier is not None:
            done = self.earlier.get(key)
            return (done.calls / self.earlier_s, done.total_ms / done.calls) if done else (0.0, None)
        counters = self.cumulated.get(key)
        if counters is None or counters.calls <= 0:
            return None, None
        since = counters.since or self.start.stats_reset
        seconds = (self.start.taken - since).total_seconds() if since else 0.0
        return (counters.calls / seconds if seconds > 0 else None), counters.total_ms / counters.calls
