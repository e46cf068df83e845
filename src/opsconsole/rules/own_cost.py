"""What the console costs a server: queries per minute and their time, from two readings of what the server counts."""

from collections.abc import Iterable

from ..model.own_cost import OwnCalls, OwnCost

LEAST_S = 15.0


def counted(server: str, before: OwnCalls | None, now: OwnCalls) -> OwnCost | None:
    """The difference of two readings; None where they are not comparable.

    A query whose count went down was evicted, or reset, and came again: it counts from 0. Where one is known as ours
    that was not known before, nobody can say what it had counted then: without it the sum would be too small.
    """
    if before is None or before.started != now.started or now.at - before.at < LEAST_S:
        return None
    held = {query_id: (calls, ms) for query_id, calls, ms in before.calls}
    if any(query_id not in held for query_id, _, _ in now.calls):
        return None
    calls_made, ms_spent = 0, 0.0
    for query_id, calls, ms in now.calls:
        old_calls, old_ms = held[query_id]
        evicted = calls < old_calls
        calls_made += calls if evicted else calls - old_calls
        ms_spent += ms if evicted else ms - old_ms
    return _cost(server, calls_made, ms_spent, now.at - before.at, by_server=True)


def clocked(server: str, spent: Iterable[tuple[float, float]], since: float, now: float) -> OwnCost:
    """By our own clock: (when, seconds it took) of each query since `since`."""
    took = [seconds for at, seconds in spent if at >= since]
    return _cost(server, len(took), sum(took) * 1000, now - since, by_server=False)


def _cost(server: str, calls: int, ms: float, span_s: float, *, by_server: bool) -> OwnCost:
    per_minute = calls * 60 / span_s if span_s >= LEAST_S else None
    return OwnCost(server, per_minute, ms / calls if calls else None, span_s, by_server)
