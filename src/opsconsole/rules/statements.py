"""What the statements did in a window, from the difference of samples; totals since the reset only when asked for.

Definitions: rate = Δcalls/Δt, mean = Δtotal/Δcalls, Δcalls = 0 is dropped, share = Δtotal/ΣΔtotal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import nlargest

import msgspec

from ..model.statements import RESET, USUAL, Counts, StatementRate, Statements, StatementsSample, Tracked
from .statement_windows import (
    BEFORE_S,
    LENGTHS_S,
    SHORTEST_BEFORE_S,
    Pair,
    before_label,
    evictions,
    notes,
    pair_before,
    recent,
    window_start,
)
from .statement_work import Difference, difference, in_all, total, trend

BY_SHARE, BY_CHANGE, BY_OTHERS = 60, 40, 20
"""Rows kept: the heaviest, those that changed most, and the first by mean and by each other thing they weigh."""
NEW_SHARE = 0.005
"""From this share on a new statement stands above every old one."""
WEIGHTS: Sequence[Callable[[Counts], float]] = (
    lambda done: done.total_ms / done.calls,
    lambda done: done.calls,
    lambda done: done.blocks_read,
    lambda done: done.temp_read + done.temp_written,
    lambda done: done.wal_bytes,
    lambda done: done.read_ms + done.write_ms,
    lambda done: done.plan_ms,
)


class Seen(msgspec.Struct, frozen=True, gc=False):
    """Since when statements are known, by key: as the server says it (17+), or as somebody looked."""

    first: Mapping[str, datetime] = {}
    began: datetime | None = None
    """When somebody looked first: what was there already is of unknown age, unless the server tells."""


def short_id(query_id: int | None) -> str:
    """Four hexadecimal digits of a query id: enough to speak of a statement; "" where it has none."""
    return f"{query_id & 0xFFFF:04x}" if query_id else ""


def statements(
    samples: Sequence[StatementsSample], *, window: str = USUAL, seen: Seen | None = None
) -> Statements | None:
    """The view at the newest of the samples (oldest first); None while there is nothing to compare it with.

    Without `seen` nothing is called new.
    """
    if not samples:
        return None
    if window == RESET:
        return _since_reset(samples, seen or Seen())
    now, start = samples[-1], window_start(samples, LENGTHS_S[window])
    if start is None:
        return None
    pair = pair_before(samples, start)
    return _view(samples, window, start, difference(start, now), (now.taken - start.taken).total_seconds(), pair, seen)


def _since_reset(samples: Sequence[StatementsSample], seen: Seen) -> Statements:
    """All that the server has counted; 13 does not tell since when."""
    now = samples[-1]
    seconds = (now.taken - now.stats_reset).total_seconds() if now.stats_reset else None
    return _view(samples, RESET, None, in_all(now), seconds, None, seen)


def _view(
    samples: Sequence[StatementsSample],
    window: str,
    start: StatementsSample | None,
    done: Difference,
    seconds: float | None,
    pair: Pair | None,
    seen: Seen | None,
) -> Statements:
    now = samples[-1]
    earlier = difference(*pair).work if pair else None
    earlier_s = (pair[1].taken - pair[0].taken).total_seconds() if pair else None
    view = _View(done.work, seconds, earlier, earlier_s, start, now, seen or Seen(), pair)
    kept, rest = view.choose()
    trends = trend(samples, kept, LENGTHS_S.get(window, 0.0) + BEFORE_S)
    rows = tuple(msgspec.structs.replace(view.row(key), trend=trends.get(key, ())) for key in kept)
    return Statements(
        server=now.server,
        window_s=seconds or 0.0,
        before_s=earlier_s,
        rows=rows,
        others=view.others(rest) if rest else None,
        others_count=len(rest),
        notes=notes(samples, LENGTHS_S.get(window, 0.0), done.back),
        before_label=before_label(earlier_s, start) if start is not None else "",
        window=window,
        begins=start.taken if start is not None else now.stats_reset,
        tracked=now.tracked,
        counting_since=now.stats_reset,
        evicting=evictions(recent(samples)) > 0,
    )


class _View:
    """The window and the time before it, ready to be turned into rows."""

    def __init__(
        self,
        work: dict[str, Counts],
        seconds: float | None,
        earlier: dict[str, Counts] | None,
        earlier_s: float | None,
        start: StatementsSample | None,
        now: StatementsSample,
        seen: Seen,
        pair: Pair | None,
    ) -> None:
        self.work = work
        self.seconds = seconds
        self.earlier = earlier
        self.earlier_s = earlier_s or 0.0
        self.start = start
        self.cumulated = {} if earlier is not None or start is None else {one.key: one for one in start.counters}
        self.tracked: Tracked = now.tracked
        self.total_ms = sum(done.total_ms for done in work.values())
        self.io_ms = sum(done.read_ms + done.write_ms for done in work.values())
        self.earlier_ms = sum(done.total_ms for done in (earlier or {}).values())
        self.seen = seen
        self.told = any(one.since is not None for one in now.counters[:1])
        """Whether the server says since when it knows each entry."""
        unseen = timedelta(seconds=SHORTEST_BEFORE_S)  # for so long somebody must have looked without seeing it
        self.newcomers = {key: at for key, at in seen.first.items() if at >= pair[0].taken + unseen} if pair else {}

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
        wanted = {*by_change[:BY_CHANGE], *nlargest(BY_SHARE, self.work, key=lambda key: (self.share(key), key))}
        for weight in WEIGHTS:
            wanted.update(_heaviest(self.work, weight))
        return [key for key in by_change if key in wanted], [key for key in by_change if key not in wanted]

    def row(self, key: str) -> StatementRate:
        before_calls_s, before_mean_ms = self._before(key)
        rate = self._rate(key, int(key.split("/")[2]), "", self.work[key], before_calls_s, before_mean_ms)
        return msgspec.structs.replace(rate, first_seen=self.newcomers.get(key), known_since=self._known_since(key))

    def others(self, keys: list[str]) -> StatementRate:
        earlier = [self.earlier[key] for key in keys if key in self.earlier] if self.earlier is not None else []
        before = total(earlier)
        return self._rate(
            "others",
            0,
            "all others",
            total([self.work[key] for key in keys]),
            before.calls / self.earlier_s if self.earlier_s > 0 else None,
            before.total_ms / before.calls if before.calls else None,
        )

    def _rate(
        self, key: str, query_id: int, text: str, done: Counts, before_calls_s: float | None,
        before_mean_ms: float | None,
    ) -> StatementRate:  # fmt: skip
        blocks = done.blocks_hit + done.blocks_read
        io_ms = done.read_ms + done.write_ms
        timed, planned = self.tracked.io_timing, self.tracked.planning and done.plans
        return StatementRate(
            key=key,
            query_id=query_id,
            text=text,
            calls_s=self._per_second(done.calls),
            mean_ms=done.total_ms / done.calls,
            share=done.total_ms / self.total_ms if self.total_ms > 0 else 0.0,
            rows_per_call=done.rows / done.calls if query_id else None,
            before_calls_s=before_calls_s,
            before_mean_ms=before_mean_ms,
            hit_ratio=done.blocks_hit / blocks if blocks > 0 else None,
            calls=done.calls,
            total_ms=done.total_ms,
            reads_s=self._per_second(done.blocks_read),
            dirtied_s=self._per_second(done.blocks_dirtied),
            local_s=self._per_second(done.local_blocks),
            temp_s=self._per_second(done.temp_read + done.temp_written),
            wal_s=self._per_second(done.wal_bytes),
            in_io=min(1.0, io_ms / done.total_ms) if timed and done.total_ms > 0 else None,
            io_share=io_ms / self.io_ms if timed and self.io_ms > 0 else None,
            plan_mean_ms=done.plan_ms / done.plans if planned else None,
            in_jit=min(1.0, done.jit_ms / done.total_ms) if self.tracked.jit and done.total_ms > 0 else None,
        )

    def _per_second(self, amount: float) -> float | None:
        return amount / self.seconds if self.seconds else None

    def _known_since(self, key: str) -> datetime | None:
        seen = self.seen.first.get(key)
        if seen is None or self.told:
            return seen
        return seen if self.seen.began is not None and seen > self.seen.began else None

    def _before(self, key: str) -> tuple[float | None, float | None]:
        """(calls/s, mean ms) of the time before; without one, what the server has cumulated up to the window."""
        if self.earlier is not None:
            done = self.earlier.get(key)
            return (done.calls / self.earlier_s, done.total_ms / done.calls) if done else (0.0, None)
        counters = self.cumulated.get(key)
        if counters is None or self.start is None:
            return None, None
        counts = counters.counts
        since = counters.since or self.start.stats_reset
        seconds = (self.start.taken - since).total_seconds() if since else 0.0
        if since and seconds < SHORTEST_BEFORE_S:
            return None, None
        return (counts.calls / seconds if seconds > 0 else None), counts.total_ms / counts.calls


def _heaviest(work: Mapping[str, Counts], weight: Callable[[Counts], float]) -> Iterable[str]:
    found = nlargest(BY_OTHERS, ((weight(done), key) for key, done in work.items()))
    return (key for heavy, key in found if heavy > 0)
