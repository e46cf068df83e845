"""From error budgets to findings: a page or ticket that fires, a budget that is spent, figures that ceased to come."""

from datetime import datetime

from ..model.finding import Finding, Severity
from ..model.slo import PAGE, UNREAD, LegState, SloFigures, Slos
from ..text import units
from ..text.clean import clean
from . import slo as sums

LEAST_SILENT_S = 120.0
"""Two readings and a little more: one that came without figures is no silence."""
FAR_S = 3 * 3600.0
ORIGIN = "SRE Workbook ch. 5, Alerting on SLOs"


def slo_findings(slos: Slos, now: datetime) -> list[Finding]:
    """At most one of each objective: the worst; and one for each mistake in their files."""
    found = [finding for figures in slos.figures for finding in [_of(figures, now)] if finding is not None]
    return found + [_mistaken(problem) for problem in slos.problems]


def slo_object(key: str) -> str:
    """Identity of its row."""
    return f"slo:{key}"


def _of(figures: SloFigures, now: datetime) -> Finding | None:
    firing = [leg for leg in figures.legs if leg.state in ("firing", "pending")]
    if firing:
        return _burning(figures, min(firing, key=lambda leg: (leg.state != "firing", leg.leg.severity != PAGE)))
    return _silent(figures, now) or _uncounted(figures) or _spent(figures)


def _burning(figures: SloFigures, leg: LegState) -> Finding:
    slo = figures.slo
    burns = min(one for one in (leg.long, leg.short) if one is not None) if leg.long or leg.short else None
    words = f"{slo.key} burns its error budget {_coarse(burns)}"
    words += f" over {units.span(leg.leg.long_s)} and {units.span(leg.leg.short_s)}"
    if figures.exhausted_s is not None and figures.exhausted_s < 3 * 86400:
        words += f", {exhaustion_words(figures.exhausted_s)}"
    if leg.flapping:
        words += ", flapping"
    return Finding(
        id=f"slo.{leg.leg.severity}:{slo.key}",
        severity=Severity.CRITICAL if leg.leg.severity == PAGE else Severity.WARNING,
        what=words,
        tab=1,
        state=leg.state,
        since=leg.since,
        value=_coarse(burns),
        limit=f"> {burn_words(leg.leg.factor)}",
        measured=burns,
        bound=leg.leg.factor,
        touches=_touched(figures),
        object=slo_object(slo.key),
        rule=f"slo.{leg.leg.severity}",
        origin=_origin(figures),
    )


def _spent(figures: SloFigures) -> Finding | None:
    """Error-budget policy: nothing but fixes is released until the service is back within its objective."""
    if figures.left is None or figures.left > 0 or (figures.period is not None and figures.period.reading):
        return None
    over = f", overdrawn by {sums.signed_percent(-figures.left)}" if figures.left < 0 else ""
    partly = sums.span_words(figures.period) if figures.period is not None else ""
    over += f" ({partly})" if partly else ""
    return Finding(
        id=f"slo.spent:{figures.key}",
        severity=Severity.INFO,
        what=f"{figures.key} has spent its error budget of {figures.slo.window.text}{over}: release fixes only",
        tab=1,
        value=sums.signed_percent(figures.left),
        limit="<= 0 %",
        measured=figures.left,
        bound=0.0,
        touches=_touched(figures),
        object=slo_object(figures.key),
        rule="slo.spent",
        origin=_origin(figures),
    )


def _silent(figures: SloFigures, now: datetime) -> Finding | None:
    since = figures.silent_since
    wait_s = max(LEAST_SILENT_S, sums.absent_s(figures.slo.legs, figures.slo.target))
    if since is None or (now - since).total_seconds() < wait_s:
        return None
    return Finding(
        id=f"slo.silent:{figures.key}",
        severity=Severity.BLIND,
        what=f"{figures.key}: no series tells its total: its error budget is blind",
        tab=1,
        since=since,
        touches=_touched(figures),
        object=slo_object(figures.key),
        rule="slo.silent",
        origin=_origin(figures),
    )


def _uncounted(figures: SloFigures) -> Finding | None:
    """Its query is refused, or finds a total and nothing to hold against it: no burn is known, none pages."""
    if not figures.problem or figures.problem == UNREAD:
        return None
    return Finding(
        id=f"slo.uncounted:{figures.key}",
        severity=Severity.BLIND,
        what=f"{figures.key}: its error budget cannot be counted",
        tab=1,
        value=clean(figures.problem),
        touches=_touched(figures),
        object=slo_object(figures.key),
        rule="slo.uncounted",
        origin=_origin(figures),
    )


def _mistaken(problem: str) -> Finding:
    """An objective that nobody follows for a mistake in its file."""
    return Finding(
        id=f"slo.mistake:{problem}",
        severity=Severity.BLIND,
        what="a file of objectives has a mistake: what it promises is not judged",
        tab=1,
        value=clean(problem),
        rule="slo.mistake",
    )


def _touched(figures: SloFigures) -> tuple[str, ...]:
    return (figures.slo.service,) if figures.slo.service else ()


def _origin(figures: SloFigures) -> str:
    return f"{figures.slo.file}:{figures.slo.line}" if figures.slo.own_legs else f"{ORIGIN}; {figures.slo.file}"


def _coarse(burn: float | None) -> str:
    """For words that stand still while the burn moves a little."""
    return burn_words(burn if burn is None or burn < 10 else float(round(burn)))


def burn_words(burn: float | None) -> str:
    """`14.4x`."""
    return units.UNKNOWN if burn is None else f"{units.number(burn, 1)}x"


def exhaustion_words(seconds: float) -> str:
    """When it is used up at this burn, counted from now."""
    if seconds <= 0:
        return "spent"
    if seconds == float("inf") or seconds > 10 * 365 * 86400:
        return "never at this burn"
    if seconds < 60:
        return "gone in <1m"
    # whole hours where it is far: words that stand still
    return f"gone in {units.span(seconds // 3600 * 3600 if seconds >= FAR_S else seconds // 60 * 60)}"
