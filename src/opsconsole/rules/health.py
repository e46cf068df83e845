"""Scores customers from weighted inputs, says how much is known, and what costs each of them most.

score = sum(weight x normalized) / sum(weight) over inputs with fresh data: what is missing neither helps nor hurts, it
lowers the coverage (the same renormalisation as ServiceNow's "normalized value for an assessment").
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..config.settings import Band
from ..model.customer import Contribution, Customer, CustomerBase, CustomerInput, Customers, Health

HEALTHY, AT_RISK, CHURN_RISK, INSUFFICIENT = "healthy", "at-risk", "churn-risk", "insufficient data"
WORST_FIRST = (CHURN_RISK, INSUFFICIENT, AT_RISK, HEALTHY)
DEFAULT_BANDS = (40.0, 70.0)
LEAST_COVERAGE = 0.6
LEAST_LOSS = 0.5
"""Points below which no factor is called the biggest."""


class Score(msgspec.Struct, frozen=True, gc=False):
    value: float | None
    """0–100, before flags; None when nothing fresh is known."""
    coverage: float
    contributions: tuple[Contribution, ...]


def judged(
    base: CustomerBase, weights: Mapping[str, Band], bands: tuple[float, float] | None, now: datetime
) -> Customers:
    """Every customer with score, band, direction and biggest factor, worst first, joined with who is hurt now."""
    hurt = None if base.hurt is None else {identifier: rest for identifier, *rest in base.hurt}
    rows = [_health(customer, weights, bands or DEFAULT_BANDS, now) for customer in base.customers]
    if hurt is not None:
        rows = [_with_hurt(row, hurt.get(row.customer.id)) for row in rows]
    return Customers(tuple(sorted(rows, key=_rank)), base.as_of, hurt is not None, base.hurt_window_s, base.rejected)


def score(inputs: Iterable[CustomerInput], weights: Mapping[str, Band], now: datetime) -> Score:
    """The weighted score of what is known and fresh, and how each input enters it."""
    given = {one.id: one for one in inputs}
    entered = {name: _normalized(given.get(name), band, now) for name, band in weights.items()}
    known = sum(weights[name].weight for name, (value, _) in entered.items() if value is not None)
    every = sum(band.weight for band in weights.values())
    contributions = []
    total = 0.0
    for name, (value, note) in entered.items():
        weight = weights[name].weight
        lost = 0.0
        if value is not None and known:
            total += weight * value
            lost = weight * (100 - value) / known
        raw = given[name].raw if name in given else None
        contributions.append(Contribution(name, raw, value, weight, lost, note))
    return Score(total / known if known else None, known / every if every else 0.0, tuple(contributions))


def band_of(value: float, bands: tuple[float, float]) -> str:
    """Half-open limits on the unrounded score: 69.9 is at risk, 70 is healthy, 40 is at risk."""
    at_risk, healthy = bands
    if value < at_risk:
        return CHURN_RISK
    return AT_RISK if value < healthy else HEALTHY


def _health(customer: Customer, weights: Mapping[str, Band], bands: tuple[float, float], now: datetime) -> Health:
    current = score(customer.inputs, weights, now)
    if current.value is None or current.coverage < LEAST_COVERAGE:
        return Health(customer, None, INSUFFICIENT, current.coverage, None, current.contributions)
    past = score(customer.past_score_inputs, weights, now - timedelta(days=30))
    change = current.value - past.value if past.value is not None and past.coverage >= LEAST_COVERAGE else None
    value, cap = _capped(current.value, customer.flags, bands)
    contributions = (*current.contributions, *cap)
    biggest = _biggest(contributions, weights)
    return Health(customer, value, band_of(value, bands), current.coverage, change, contributions, biggest)


def _normalized(given: CustomerInput | None, band: Band, now: datetime) -> tuple[float | None, str]:
    """0–100 between the band's worst and best, or None with the reason."""
    if given is None or given.raw is None:
        return None, "unknown"
    if given.taken is not None and now - given.taken > timedelta(days=band.max_age_days):
        return None, f"older than {band.max_age_days:g} days"
    if band.best == band.worst:
        return None, "worst and best are the same in the policy"
    share = (given.raw - band.worst) / (band.best - band.worst)
    return min(1.0, max(0.0, share)) * 100, ""


def _capped(value: float, flags: tuple[str, ...], bands: tuple[float, float]) -> tuple[float, tuple[Contribution, ...]]:
    """A hard flag (payment overdue, champion left) keeps a score out of `healthy`, two of them out of `at-risk`."""
    if not flags:
        return value, ()
    limit = (bands[1] if len(flags) == 1 else bands[0]) - 1
    if value <= limit:
        return value, ()
    name = " and ".join(flags)
    return limit, (Contribution(name, None, None, 0.0, value - limit, f"holds the score at {limit:g}"),)


def _biggest(contributions: Iterable[Contribution], weights: Mapping[str, Band]) -> str:
    """`support tickets -18`; empty where nothing costs half a point."""
    worst = max(contributions, key=lambda one: one.lost, default=None)
    if worst is None or worst.lost < LEAST_LOSS:
        return ""
    band = weights.get(worst.input)
    name = (band.title if band else "") or worst.input.replace("_", " ")
    return f"{name} -{worst.lost:.0f}"


def _with_hurt(row: Health, hurt: Iterable[object] | None) -> Health:
    slow, failed, since = hurt if hurt is not None else (0, 0, None)
    return msgspec.structs.replace(row, slow=slow, failed=failed, hurt_since=since)


def _rank(row: Health) -> tuple[int, float, float, str]:
    revenue = float(row.customer.monthly_revenue or 0)
    return WORST_FIRST.index(row.band), row.score if row.score is not None else 0.0, -revenue, row.customer.id


class Nps(msgspec.Struct, frozen=True, gc=False):
    """Net promoter score of several answers, in points from -100 to 100."""

    points: float
    answers: int
    error: float
    """Standard error in points."""
    margin: float
    """Half the width of the 95 % interval."""


def net_promoter(answers: Iterable[float]) -> Nps | None:
    """Promoters (9, 10) less detractors (0 to 6) in percent; None without answers.

    Variance of one answer: p+ + p- - (p+ - p-)^2; 30 % promoters and 20 % detractors of 100 answers give 10 +- 13.7.
    """
    given = list(answers)
    if not given:
        return None
    promoters = sum(answer >= 9 for answer in given) / len(given)
    detractors = sum(answer <= 6 for answer in given) / len(given)
    net = promoters - detractors
    error = math.sqrt((promoters + detractors - net**2) / len(given)) * 100
    return Nps(net * 100, len(given), error, 1.96 * error)
