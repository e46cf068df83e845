"""What the console costs a server: queries per minute and their time, from two samples of what the server counts."""

from collections.abc import Iterable, Set

from ..model.own_cost import OwnCost
from ..model.statements import StatementsSample
from .statement_windows import epoch
from .statement_work import since, total

LEAST_S = 15.0


def counted(samples: Iterable[StatementsSample], own: Set[int], reach_s: float) -> OwnCost | None:
    """The difference of the newest sample and the oldest within reach (newest first), of the query ids that are ours.

    None where no two are comparable, or none of ours was counted.
    """
    now, before = None, None
    for sample in samples:
        if now is None:
            now = sample
        elif epoch(sample) != epoch(now) or (now.taken - sample.taken).total_seconds() > reach_s:
            break
        else:
            before = sample
    if now is None or before is None:
        return None
    seconds = (now.taken - before.taken).total_seconds()
    held = {one.key: one for one in before.counters if one.query_id in own}
    done = [since(held.get(one.key), one) or one.counts for one in now.counters if one.query_id in own]
    if seconds < LEAST_S or not done:
        return None
    spent = total(done)
    return _cost(now.server, spent.calls, spent.total_ms, seconds, by_server=True)


def clocked(server: str, spent: Iterable[tuple[float, float]], began: float, now: float) -> OwnCost:
    """By our own clock: (when, seconds it took) of each query since `began`."""
    took = [seconds for at, seconds in spent if at >= began]
    return _cost(server, len(took), sum(took) * 1000, now - began, by_server=False)


def _cost(server: str, calls: float, ms: float, span_s: float, *, by_server: bool) -> OwnCost:
    per_minute = calls * 60 / span_s if span_s >= LEAST_S else None
    return OwnCost(server, per_minute, ms / calls if calls else None, span_s, by_server)
