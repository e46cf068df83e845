"""Findings of baselines: one for each service that left its normal, or that a release made worse."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..model.baseline import Baselines, Comparison, Shift
from ..model.finding import Finding, Severity
from ..text import units
from . import deploy_comparison
from .baseline import TITLES, normal, said

RULE = "baseline"
ORIGIN = "baseline: z above 3, 20 %, 10 ms, in 3 of 5 windows of 5 min"
DEPLOY = "before and after a release: ranks, tail, errors"
WINDOW = timedelta(minutes=5)
"""A shift is dated by its first window: a release within that dates it better."""
NEAR = timedelta(minutes=30)
"""A shift that began so soon after a release is told with what the release did."""


def baseline_findings(known: Baselines | None, comparisons: Sequence[Comparison]) -> list[Finding]:
    """At most one for each service, under an id that it keeps from the release's comparison to the shift."""
    shifts = known.shifts if known is not None else ()
    found = [_shifted(known, one, _change_of(one, comparisons)) for one in shifts]
    told = {one.service for one in shifts}
    found += [_made_worse(one) for one in comparisons if one.worst is not None and one.service not in told]
    return found


def _shifted(known: Baselines | None, one: Shift, change: Comparison | None) -> Finding:
    base = normal(known, one.service, one.endpoint, one.measure)
    at_least = "earlier than " if one.at_least else ""
    inside = change is not None and timedelta() <= change.at - one.since <= WINDOW
    since = change.at if change is not None and inside else one.since
    name = f"{one.service} {one.endpoint}".strip()
    times = units.factor(one.value, one.median)
    words = f"{name} {TITLES[one.measure]} {times}, shifted since {at_least}{units.clock(since)}: accept or mend"
    value = said(one.value, "ratio" if one.measure == "errors" else "s")
    most = f", most at {one.most}" if one.most else ""
    evidence = f"{value}{most} (z {units.number(one.z)}, {one.held}, n={one.n})"
    if change is not None and (worse := deploy_comparison.short(change)):
        evidence = f"{change.change}: {worse}; {evidence}"
    return Finding(
        id=f"{RULE}:{one.service}",
        severity=Severity.WARNING,
        what=words,
        tab=1,
        since=since,
        value=evidence,
        limit=base.words,
        measured=one.value,
        bound=base.high,
        object=one.key,
        rule=RULE,
        origin=ORIGIN,
    )


def _made_worse(one: Comparison) -> Finding:
    return Finding(
        id=f"{RULE}:{one.service}",
        severity=Severity.WARNING,
        what=f"{one.service} {deploy_comparison.short(one)}: {one.change}",
        tab=1,
        since=one.at,
        value=deploy_comparison.words(one),
        after=f"{one.change} ({units.clock(one.at)})",
        object=f"{one.service} ",
        rule=RULE,
        origin=DEPLOY,
    )


def _change_of(one: Shift, comparisons: Iterable[Comparison]) -> Comparison | None:
    near = (c for c in comparisons if c.service == one.service and abs(c.at - one.since) <= NEAR)
    return next(near, None)


def comparison_of(comparisons: Iterable[Comparison] | None, service: str, at: datetime | None) -> Comparison | None:
    """What is known of one change of a service."""
    for one in comparisons or ():
        if one.service == service and at is not None and abs((one.at - at).total_seconds()) < 1.0:
            return one
    return None
