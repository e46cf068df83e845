"""A row of services, endpoints and pods in words: its name, how far from normal, what burns, and what breaches."""

from collections.abc import Callable, Iterable, Sequence

from ...config.settings import Policy
from ...model.finding import Finding
from ...model.metrics import ServiceFigures, Tile, Within
from ...model.slo import SloFigures
from ...rules import measures
from ...rules.findings import amount
from ...rules.histogram import bounds_words
from ...rules.thresholds import breaches
from ...text import clock, units
from ...text.clean import clean, clean_lines
from ...widgets.columns import Cell

HOUR_S = 3600.0
BURNS = 1.0
"""From so much on a budget is used up before its time."""


def times_normal(figures: ServiceFigures) -> Cell:
    if figures.instance:
        return units.DASH, "dim"
    if figures.p95_s is None or figures.p95_last_week_s is None:
        return "?", "dim"
    return units.factor(figures.p95_s, figures.p95_last_week_s)


def known(value: float | None, say: Callable[[float], str]) -> Cell:
    """The value in words; `?` is unknown, as short as the column."""
    return ("?", "dim") if value is None else say(value)


def breach_words(finding: Finding) -> str:
    """`api P99 1.9 s > 500 ms since 02:41`, or how far a breach is from firing."""
    if finding.state == "firing":
        return f"{clean(finding.what)} since {units.when(finding.since, clock.now())}"
    return f"{clean(finding.what)}, pending {units.span(finding.pending_s)} of {units.span(finding.for_s)}"


def over_words(row: ServiceFigures, policy: Policy) -> str:
    """`> 500 ms`: the gravest limit for services that an endpoint without a rule of its own is beyond; "" for none.
    Rules judge the sum of a service: `ok` beside an endpoint that is slow would be a lie."""
    seen = measures.of_row(row)
    over = [
        (rule.severity != "critical", rule.limit, rule.compare, rule.unit)
        for id, rule in policy.rules.items()
        if id not in policy.disabled and (value := seen.get(rule.measure)) is not None
        if breaches(rule.compare, value, rule.limit)
    ]
    if not over:
        return ""
    _, limit, compare, unit = min(over, key=lambda one: (one[0], -one[1]))
    return f"{compare} {amount(limit, unit)}"


def tree_order(row: ServiceFigures) -> tuple[object, ...]:
    """Services by name, under each its pods and its endpoints: it holds while rates vary."""
    return row.service, bool(row.endpoint), bool(row.instance), row.endpoint, row.instance


def name_of(figures: ServiceFigures) -> Cell:
    if figures.instance:
        return f"  pod {clean(figures.instance)}", "dim"
    if not figures.endpoint:
        return clean(figures.service), "strong"
    return f"  {clean(figures.endpoint)}"


def within_words(bounds: Within | None, estimate: float | None) -> str:
    """`0.25–0.5 s, est. 0.487`: the bucket that a percentile was estimated in; "" where that is not known."""
    return bounds_words(estimate, bounds)


def tile_words(tile: Tile) -> str:
    """A tile with its query; of a percentile the bucket that it lies in, of one that is unknown since when."""
    head = "  ".join(filter(None, [clean(tile.title), bounds_words(tile.value, tile.within), tile.note]))
    return f"{head}\n{clean_lines(tile.query)}"


def burn_of(service: str, figures: Iterable[SloFigures]) -> float | None:
    """How fast the budgets of a service burn over the last hour: the fastest; None where none is known."""
    burns = [burn.burn for one in figures if one.slo.service == service and (burn := one.over(HOUR_S))]
    return max((burn for burn in burns if burn is not None), default=None)


def burn_cell(row: ServiceFigures, figures: Sequence[SloFigures]) -> Cell:
    """Blank of endpoints and pods, which have no budget of their own; `-` of a service without an SLO."""
    if row.endpoint or row.instance:
        return ""
    if not any(one.slo.service == row.service for one in figures):
        return units.DASH, "dim"
    burn = burn_of(row.service, figures)
    if burn is None:
        return "?", "dim"
    return units.number(burn, 1), "warn" if burn > BURNS else ""
