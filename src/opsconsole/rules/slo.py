"""The arithmetic of error budgets: burn rates, what is left, when it is used up, and the sum that anyone can redo.

With target t the budget is B = 1 − t; burn = (bad / total) / B; a window w of a period P uses burn × w / P of it.
Source: Google SRE Workbook ch. 5 (sre.google/workbook/alerting-on-slos).
"""

from collections.abc import Iterable
from math import inf

from ..model.slo import PAGE, Leg, LegState, Period, Slo, SloFigures
from ..text import units

DISPLAYED_S = (300.0, 1800.0, 3600.0, 6 * 3600.0, 86400.0, 3 * 86400.0)
"""Windows that are shown of every objective."""
HOUR_S = 3600.0


def budget(target: float) -> float:
    """The share of events that may be bad."""
    return round(1 - target, 12)


def burn(bad: float | None, total: float | None, target: float) -> float | None:
    """How many times as fast as would use the budget up in exactly its period; 0 where nothing happened."""
    if bad is None or total is None:
        return None
    return bad / total / budget(target) if total > 0 else 0.0


def used(burning: float, window_s: float, period_s: float) -> float:
    """The share of the budget that a window uses."""
    return burning * window_s / period_s


def left(bad: float | None, total: float | None, target: float) -> float | None:
    """The share of the budget that is left: negative when it is overdrawn, never held at 0."""
    if bad is None or total is None:
        return None
    return 1 - bad / (budget(target) * total) if total > 0 else 1.0


def events_left(bad: float | None, total: float | None, target: float) -> float | None:
    """So many more events may be bad."""
    return None if bad is None or total is None else budget(target) * total - bad


def exhausted_s(remaining: float | None, burning: float | None, period_s: float) -> float | None:
    """Seconds until the budget is used up at this burn: inf when it does not burn, 0 when it is spent."""
    if remaining is None:
        return None
    if remaining <= 0:
        return 0.0
    if burning is None:
        return None
    return remaining * period_s / burning if burning > 0 else inf


def detection_s(leg: Leg, error_ratio: float, target: float) -> float:
    """How long errors last until the leg fires."""
    return budget(target) / error_ratio * leg.long_s * leg.factor


def absent_s(legs: Iterable[Leg], target: float) -> float:
    """So long its figures may be missing before that is a finding: as long as its quickest page takes to fire when
    everything fails (pyrra-dev/pyrra slo/rules.go `AbsentDuration`)."""
    return min((detection_s(leg, 1.0, target) + leg.for_s for leg in legs if leg.severity == PAGE), default=HOUR_S)


def windows(slo: Slo) -> tuple[float, ...]:
    """Every window whose burn is asked for, shortest first."""
    legs = {window for leg in slo.legs for window in (leg.long_s, leg.short_s)}
    return tuple(sorted(legs.union(DISPLAYED_S)))


def decisive(figures: SloFigures) -> LegState | None:
    """The leg that says most: pages before tickets, firing before held back before pending."""
    order = {"firing": 0, "pending": 2, "unknown": 3, "ok": 4}

    def rank(leg: LegState) -> tuple[int, bool]:
        return 1 if leg.held else order.get(leg.state, 4), leg.leg.severity != PAGE

    return min(figures.legs, key=rank, default=None)


def wrong(figures: SloFigures) -> bool:
    """Whether it wants a look: it burns, is spent, or cannot be told."""
    leg = decisive(figures)
    burning = leg is not None and (leg.state in ("firing", "pending", "unknown") or bool(leg.held))
    return burning or bool(figures.problem) or (figures.left is not None and figures.left <= 0)


def severity(figures: SloFigures) -> int:
    """As exit codes say it: 0 ok, 1 warning, 2 critical, 3 unknown."""
    firing = {leg.leg.severity for leg in figures.legs if leg.state == "firing"}
    if firing:
        return 2 if PAGE in firing else 1
    if figures.problem or figures.silent_since is not None or any(leg.state == "unknown" for leg in figures.legs):
        return 3
    return 1 if figures.left is not None and figures.left <= 0 else 0


def percent(target: float) -> str:
    return f"{target * 100:.6f}".rstrip("0").rstrip(".")


def reconciliation(figures: SloFigures) -> str:
    """Bad, total, target and window in one line: what is left of the budget can be redone from it by hand."""
    slo, period = figures.slo, figures.period
    if period is None or period.bad is None or period.total is None:
        return "no figures of its window yet"
    partly = span_words(period)
    span = f"{_moment(period)} = {units.span(period.covered_s)}{f' ({partly})' if partly else ''}"
    if period.total <= 0:
        return f"no {slo.counts.unit} in {span}: nothing of the budget is used"
    ratio = f"{_count(period.bad)} bad of {_count(period.total)} {slo.counts.unit}s in {span}"
    sum_ = f"1 - {_count(period.bad)} / ({budget(slo.target):g} x {_count(period.total)})"
    return f"{ratio}; target {percent(slo.target)} %: {sum_} = {signed_percent(figures.left)} left"


def signed_percent(ratio: float | None) -> str:
    """`78.3 %`, `-34 %`."""
    if ratio is None:
        return units.UNKNOWN
    digits = 1 if abs(ratio) < 9.995 else 0
    return f"{ratio * 100:.{digits}f} %"


def span_words(period: Period) -> str:
    """How much of the window there is: "" where it is all of it."""
    if period.reading:
        return f"{units.span(period.covered_s)} of {units.span(period.wanted_s)} read so far"
    if period.wanted_s - period.covered_s > max(HOUR_S, 0.02 * period.wanted_s):
        return f"of the {units.span(period.covered_s)} there are, not {units.span(period.wanted_s)}"
    return ""


def _moment(period: Period) -> str:
    start, end = (f"{moment:%d %b %H:%M}" for moment in (period.start, period.end))
    return f"{start} - {end}Z"


def _count(value: float) -> str:
    """Whole where it is nearly so: increases are estimates between samples."""
    return f"{value:,.0f}" if value >= 100 or abs(value - round(value)) < 0.05 else f"{value:,.1f}"
