"""From the two sums of an objective to its bad events, and from stretches of time to what used the budget up."""

from collections.abc import Iterable, Mapping

from ..model.metrics import Sample
from ..model.slo import Counts
from .slo import budget

Sums = tuple[float | None, float | None]
"""(bad, total); None is unknown."""
MOST = 5
LEAST_SHARE = 0.01
"""Of the budget: what used less is not worth a line."""
MOST_PARTS = 3


def bad_of(counts: Counts, part: float | None, total: float | None) -> Sums:
    """Bad and total events. Where no series of the part exists nothing is known, unless it is of the total's metric."""
    if total is None:
        return None, None
    if part is None:
        if total > 0 and not counts.same_metric:
            return None, total
        part = 0.0
    # increases are estimated for each series: the parts may come out a little larger than the whole
    return min(max(0.0, total - part if counts.good else part), total), total


def absent_words(counts: Counts) -> str:
    """What to look at where there is a total and no series of the other query."""
    kind = "good" if counts.good else "bad"
    if 'le="' in counts.part:
        bound = counts.part.partition('le="')[2].partition('"')[0]
        return f'no series matches its {kind} query: has the histogram a bucket le="{bound}"?'
    return f"no series matches its {kind} query, while there is a total: is it written right?"


def consuming(hours: Mapping[float, Sums], target: float, total: float) -> list[tuple[float, float, float]]:
    """(end, bad, share of the budget) of the stretches that used up most, by the end of each."""
    allowed = budget(target) * total
    if allowed <= 0:
        return []
    found = [(end, bad, bad / allowed) for end, (bad, _) in hours.items() if bad]
    worst = sorted(found, key=lambda one: (-one[1], one[0]))[:MOST]
    return [one for one in worst if one[2] >= LEAST_SHARE]


def parts(counts: Counts, part: Iterable[Sample], total: Iterable[Sample], label: str) -> tuple[tuple[str, float], ...]:
    """Bad events by the value of a label, most first."""

    def by_value(samples: Iterable[Sample]) -> dict[str, float]:
        return {dict(sample.labels).get(label, ""): sample.value for sample in samples if sample.value is not None}

    told = by_value(part)
    if counts.good:
        told = {value: whole - told.get(value, 0.0) for value, whole in by_value(total).items()}
    found = [(value, bad) for value, bad in told.items() if value and bad >= 0.5]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MOST_PARTS])
