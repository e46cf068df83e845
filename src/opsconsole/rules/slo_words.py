"""An objective in words: its state in a cell, its story in lines, and all that is known of it on a page."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..config.slo_queries import rendered
from ..model.finding import Change
from ..model.incident import Incident
from ..model.slo import PAGE, Consumer, LegState, Slo, SloFigures, Slos
from ..text import units
from ..text.clean import clean, clean_lines
from . import slo as sums
from .findings import AFTER_S, CAUSES
from .slo_findings import burn_words, exhaustion_words

MOST_BESIDE = 3
POSTMORTEM_SHARE = 0.2
"""Of a budget, used by one incident: SRE Workbook, Example Error Budget Policy."""


def state(figures: SloFigures) -> tuple[str, str]:
    """(words, style) for its cell."""
    leg = sums.decisive(figures)
    if leg is not None and leg.state == "firing":
        style = "crit" if leg.leg.severity == PAGE else "warn"
        turning = ", flapping" if leg.flapping else ""
        return f"{leg.leg.severity} since {units.clock(leg.since)}{turning}", style
    if figures.problem:
        return "unknown: see below", "warn"
    if figures.silent_since is not None:
        return f"no data since {units.clock(figures.silent_since)}", "warn"
    if leg is not None and leg.held:
        return f"{leg.leg.severity} held: few events", "warn"
    if leg is not None and leg.state == "pending":
        return f"{leg.leg.severity} pending since {units.clock(leg.since)}", "warn"
    if any(one.state == "unknown" for one in figures.legs):
        return units.UNKNOWN, "warn"
    if figures.left is not None and figures.left <= 0:
        return "budget spent", "warn"
    return "ok", "ok"


def budget_cell(figures: SloFigures, cells: int, signs: str = "█░") -> tuple[str, str]:
    """`██████░░░░ 64.7 %`: an overdrawn budget has an empty bar and its negative figure."""
    left = figures.left
    if left is None:
        return units.UNKNOWN, "dim"
    number = sums.signed_percent(left)
    style = "crit" if left <= 0 else "warn" if left < 0.25 else ""
    width = cells - 9
    if width < 4:
        return number, style
    full = min(width, max(0, round(left * width)))
    return f"{signs[0] * full}{signs[1] * (width - full)} {number:>8}", style


def exhausted(figures: SloFigures) -> str:
    """`in 9h08m`, `spent`; `> 28d` where the budget outlasts its window."""
    seconds, period = figures.exhausted_s, figures.period
    if seconds is None:
        return units.UNKNOWN
    if period is not None and seconds > period.length_s:
        return f"> {figures.slo.window.text}"
    return exhaustion_words(seconds).removeprefix("gone ")


def headline(slos: Slos) -> str:
    """How many are met, and the worst of those that burn."""
    figures = slos.figures
    if not figures:
        return ""
    told = [one for one in figures if one.left is not None]
    met = sum(1 for one in told if one.left is not None and one.left > 0)
    words = f"{met} of {units.plural(len(told), 'objective')} met" if told else "no budget is known yet"
    if told:
        words += f" ({units.percent(met / len(told))} %)"
    if len(told) < len(figures) and told:
        words += f", {len(figures) - len(told)} unknown"
    firing = [one for one in figures if any(leg.state == "firing" for leg in one.legs)]
    if not firing:
        return words
    worst = max(firing, key=lambda one: (sums.severity(one), _burning(one)))
    burn = _burning(worst)
    return f"{units.plural(len(firing), 'burns', 'burn')} too fast: {clean(worst.key)} {burn_words(burn)} · {words}"


def _burning(figures: SloFigures) -> float:
    leg = sums.decisive(figures)
    return 0.0 if leg is None else min(leg.long or 0.0, leg.short or 0.0)


def lines(figures: SloFigures, changes: Sequence[Change], incidents: Sequence[Incident]) -> list[str]:
    """What there is to say, the most important first."""
    found = [verdict(figures), sums.reconciliation(figures), budget(figures), burns(figures)]
    found += [f"used by  {line}" for line in consumed(figures, changes, incidents)[:4]]
    found += [f"the server warns: {clean(line)}" for line in figures.warnings[:2]]
    found += [conditions(figures)]
    slo = figures.slo
    about = " · ".join(clean(part) for part in (slo.title, slo.objective, slo.description) if part)
    if about:
        found.append(about)
    return [line for line in found if line]


def verdict(figures: SloFigures) -> str:
    """What its conditions say, and why."""
    if figures.problem:
        return clean(figures.problem)
    leg = sums.decisive(figures)
    if leg is None:
        return "no condition is set"
    if leg.held:
        return f"{leg.leg.severity} held back: {leg.held} (burns {_pair(leg)})"
    if leg.state in ("firing", "pending"):
        kept = ""
        if leg.within_since is not None:
            kept = f", within the limit since {units.clock(leg.within_since)}"
        return f"{leg.leg.severity} {leg.state} since {units.clock(leg.since)}: burns {_pair(leg)}{kept}"
    if figures.silent_since is not None:
        return f"no series tells its total since {units.clock(figures.silent_since)}: nothing is known, and none pages"
    if leg.state == "unknown":
        return "its burn is unknown"
    nearest = max(figures.legs, key=lambda one: min(one.long or 0.0, one.short or 0.0) / one.leg.factor)
    return f"ok: no condition holds; the nearest is the {nearest.leg.severity}, burns {_pair(nearest)}"


def _pair(leg: LegState) -> str:
    long, short = units.span(leg.leg.long_s), units.span(leg.leg.short_s)
    asked = f"{leg.leg.severity} {'>=' if leg.leg.inclusive else '>'} {burn_words(leg.leg.factor)}"
    return f"{burn_words(leg.long)} over {long} and {burn_words(leg.short)} over {short} ({asked} in both)"


def budget(figures: SloFigures) -> str:
    """What is left in events, and for how long at which burn."""
    parts = []
    if figures.events_left is not None:
        unit = figures.slo.counts.unit
        if figures.events_left >= 0:
            parts.append(f"{figures.events_left:,.0f} more bad {unit}s are allowed")
        else:
            parts.append(f"overdrawn by {-figures.events_left:,.0f} bad {unit}s")
    period = figures.period
    if figures.left is not None and figures.left > 0 and period is not None:
        for window in (3600.0, 6 * 3600.0):
            burn = figures.over(window)
            seconds = sums.exhausted_s(figures.left, burn.burn if burn else None, period.length_s)
            if seconds is not None:
                lasts = f"outlasts the {figures.slo.window.text} at the burn of {units.span(window)}"
                goes = f"{exhaustion_words(seconds)} at the burn of {units.span(window)}"
                parts.append(lasts if seconds > period.length_s else goes)
    if period is not None:
        if period.missing_s:
            parts.append(f"{units.span(period.missing_s)} of it without figures")
        if period.ends is not None:
            parts.append(f"counted so far, the window ends {period.ends:%d %b %H:%M}Z")
    return " · ".join(part for part in parts if part)


def burns(figures: SloFigures) -> str:
    told = (figures.over(window) for window in sums.DISPLAYED_S)
    return "burn  " + "  ".join(f"{units.span(one.window_s)} {burn_words(one.burn)}" for one in told if one is not None)


def conditions(figures: SloFigures) -> str:
    """Every condition with its two windows and where it stands."""
    return "conditions  " + " · ".join(
        f"{leg.leg.severity} {units.span(leg.leg.long_s)}&{units.span(leg.leg.short_s)} > {burn_words(leg.leg.factor)} "
        f"{'held' if leg.held else leg.state}"
        for leg in figures.legs
    )


def consumed(figures: SloFigures, changes: Sequence[Change], incidents: Sequence[Incident]) -> list[str]:
    """The stretches that used up most, by which endpoints, and what lies beside them in time."""
    unit = figures.slo.counts.unit
    found = []
    for one in figures.consumed:
        parts = ", ".join(f"{clean(name)} {bad:,.0f}" for name, bad in one.parts)
        near = beside(one, figures.slo, changes, incidents)
        told = " · ".join(part for part in (parts, *near) if part)
        line = f"{one.start:%d %b %H:%M} {units.span(one.length_s)}  {one.bad:,.0f} bad {unit}s = "
        found.append(f"{line}{sums.signed_percent(one.share)} of the budget{'  ' + told if told else ''}")
    return found


def beside(one: Consumer, slo: Slo, changes: Sequence[Change], incidents: Sequence[Incident]) -> list[str]:
    """Incidents that overlap the stretch, and changes in it or shortly before: together with, not because of."""
    end = one.start + timedelta(seconds=one.length_s)
    early = one.start - timedelta(seconds=AFTER_S)
    found = [f"with {clean(each.id)} {clean(each.title)}" for each in incidents if _overlaps(each, one)]
    near = [change for change in changes if change.kind in CAUSES and early <= change.at <= end]
    own = [change for change in near if slo.service and slo.service in change.what.split() + change.object.split("/")]
    told = own or [change for change in near if change.kind == "release"]
    found += [f"after {clean(change.what)} ({units.clock(change.at)})" for change in told]
    return found[:MOST_BESIDE]


def incident_lines(figures: SloFigures, incidents: Sequence[Incident]) -> list[str]:
    """What each incident used at least: the stretches listed that it overlaps."""
    found = []
    for incident in incidents:
        share = sum(one.share for one in figures.consumed if _overlaps(incident, one))
        if share > 0:
            due = "; above 20 %: a postmortem is due (error-budget policy)" if share > POSTMORTEM_SHARE else ""
            found.append(f"{clean(incident.id)} {clean(incident.title)}: with {sums.signed_percent(share)} of it{due}")
    return found


def _overlaps(incident: Incident, one: Consumer) -> bool:
    over = incident.ended or incident.resolved
    end = one.start + timedelta(seconds=one.length_s)
    return (incident.impact or incident.declared) < end and (over is None or over > one.start)


def page(figures: SloFigures, changes: Sequence[Change], incidents: Sequence[Incident], now: datetime) -> str:
    """All that is known of it, with the queries that let anyone redo its sum."""
    slo, period = figures.slo, figures.period
    asked = [clean(slo.title), clean(slo.objective), clean(slo.description)]
    found = [
        f"{clean(slo.key)} of {clean(slo.service)}: {sums.percent(slo.target)} % good over {_window(slo)}",
        *(line for line in asked if line),
        "",
        verdict(figures),
        sums.reconciliation(figures),
        budget(figures),
        "",
        "burn rates (1x uses the budget up in exactly its window)",
        *(f"  {units.span(one.window_s):>6} {burn_words(one.burn):>9}  {_of(one.bad, one.total)}"
          for one in figures.burns),
        "",
        "conditions (both windows must burn faster)",
        *(f"  {leg.leg.severity:<7}{leg.state:<8} {_pair(leg)}{' · held: ' + leg.held if leg.held else ''}"
          for leg in figures.legs),
        "",
        "what used the budget up",
        *(f"  {line}" for line in consumed(figures, changes, incidents) or ["nothing that used 1 % of it or more"]),
        *(f"  {line}" for line in incident_lines(figures, incidents)),
        "",
        f"how it is counted ({slo.method})",
        f"  {'good' if slo.counts.good else 'bad'}   {clean(slo.counts.part)}",
        f"  total {clean(slo.counts.total)}",
    ]  # fmt: skip
    if period is not None:
        found.append(f"  {period.how}")
        span = max(60.0, (period.end - period.start).total_seconds())
        found += ["  the same sums in one query each (dear where the window is long):"]
        found += [f"    {clean(rendered(query, span))}" for query in (slo.counts.part, slo.counts.total)]
    found += [
        *(f"  warning of the server: {clean(line)}" for line in figures.warnings),
        f"  {clean(slo.file)}:{slo.line}",
    ]
    return clean_lines("\n".join(found))


def _window(slo: Slo) -> str:
    kind = "rolling" if slo.window.rolling else f"by the calendar of {clean(slo.window.zone)}"
    return f"{slo.window.text} ({kind})"


def _of(bad: float | None, total: float | None) -> str:
    if bad is None or total is None:
        return units.UNKNOWN
    return f"{bad:,.1f} of {total:,.1f}"
