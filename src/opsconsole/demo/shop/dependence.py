"""What the shop's endpoints feel of their real database and cache: slow statements, locks, refusals, cold caches."""

from dataclasses import replace

from opsconsole.demo.platform import Observed
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.endpoints import Endpoint

CACHE_HIT_RATIO = 0.943
"""Of the lookups on a normal day."""
MISS_S = 0.012
"""What a request takes longer for each card that it makes anew, beside the statement's own time."""
_NOISE = 0.03
_LONGEST_S = 30.0
_MOST_ERRORS = 0.98


def hit_ratio(observed: Observed) -> float:
    """As the real cache answers; small differences from the normal day are chance."""
    seen = observed.cache_hit_ratio
    return CACHE_HIT_RATIO if seen is None or seen > CACHE_HIT_RATIO - _NOISE else seen


def felt(endpoint: Endpoint, observed: Observed) -> Endpoint:
    """The endpoint as it answers on these servers: its own statements' troubles, and what the cache no longer saves."""
    queries, longer_s = dict(endpoint.queries), 0.0
    missing = (1 - hit_ratio(observed)) / (1 - CACHE_HIT_RATIO)
    if sql.POST_CARD in queries and missing > 1:
        longer_s += queries[sql.POST_CARD] * (missing - 1) * MISS_S
        queries[sql.POST_CARD] *= missing
    troubles = [(calls, observed.statements[id]) for id, calls in queries.items() if id in observed.statements]
    if not longer_s and not troubles:
        return endpoint
    longer_s += sum(calls * trouble.slower_s for calls, trouble in troubles)
    longer_s += max((min(1.0, calls) * trouble.waits_s for calls, trouble in troubles), default=0.0)
    answered = 1 - endpoint.error_ratio
    for calls, trouble in troubles:
        answered *= 1 - min(1.0, calls) * trouble.failing
    # Rounded, so that a trouble which stays has one distribution of latencies and not a new one each second.
    return replace(
        endpoint,
        median_s=float(f"{min(endpoint.median_s + longer_s, _LONGEST_S):.2g}"),
        error_ratio=round(min(1 - answered, _MOST_ERRORS - endpoint.client_error_ratio), 4),
        queries=queries,
    )
