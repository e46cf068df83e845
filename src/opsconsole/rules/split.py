"""Which value of one label carries the slow or the failed requests, compared with its share of all of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..model.metrics import Answer, Split
from .histogram import above
from .services import upper_bound

STANDS_OUT_BY = 0.2
"""A value stands out when its share of the bad requests is so much above its share of the traffic, and …"""
STANDS_OUT_TIMES = 1.25
"""… so many times as large."""


def slow(answer: Answer, label: str, limit_s: float) -> tuple[dict[str, float], dict[str, float]]:
    """From buckets by label and `le`: requests/s above the limit, and all requests/s, by label value."""
    histograms: dict[str, dict[float, float]] = defaultdict(dict)
    for sample in answer.samples:
        labels = dict(sample.labels)
        bound = upper_bound(labels.get("le", ""))
        if sample.value is not None and bound is not None:
            histograms[labels.get(label, "")][bound] = sample.value
    bad = {value: above(limit_s, buckets)[0] for value, buckets in histograms.items()}
    traffic = {value: max(buckets.values(), default=0.0) for value, buckets in histograms.items()}
    return bad, traffic


def failed(answer: Answer, label: str, outcome: str, bad_outcomes: Iterable[str] = ()) -> tuple[dict[str, float], ...]:
    """From rates by label and status (or outcome): those that failed, and all, by label value.

    Without `bad_outcomes` a status that begins with 5 is a failure.
    """
    wanted = frozenset(bad_outcomes)
    bad: dict[str, float] = defaultdict(float)
    traffic: dict[str, float] = defaultdict(float)
    for sample in answer.samples:
        labels = dict(sample.labels)
        value, said = labels.get(label, ""), labels.get(outcome, "")
        if sample.value is None:
            continue
        traffic[value] += sample.value
        if said in wanted or (not wanted and said.startswith("5")):
            bad[value] += sample.value
    return dict(bad), dict(traffic)


def split(label: str, bad: Mapping[str, float], traffic: Mapping[str, float]) -> Split | None:
    """The value whose share of the bad is most above its share of all; None where the label is absent."""
    values = [value for value, rate in traffic.items() if value and rate > 0]
    if not values:
        return None
    total_bad, total = sum(bad.get(value, 0.0) for value in values), sum(traffic[value] for value in values)
    if total_bad <= 0:
        return Split(label, "", None, None, len(values), of=(0.0, total_bad, 0.0, total))
    share = {value: (bad.get(value, 0.0) / total_bad, traffic[value] / total) for value in values}
    excess = max(values, key=lambda value: (share[value][0] - share[value][1], share[value][0], value))
    of_bad, of_traffic = share[excess]
    stands_out = len(values) > 1 and of_bad - of_traffic >= STANDS_OUT_BY and of_bad >= STANDS_OUT_TIMES * of_traffic
    counts = (bad.get(excess, 0.0), total_bad, traffic[excess], total)
    return Split(label, excess, of_bad, of_traffic, len(values), stands_out, counts)
