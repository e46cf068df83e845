"""`enter` on a point of a chart: what else moved then, as a list that leads to each."""

from dataclasses import replace
from typing import TYPE_CHECKING

from ..rules.moved import AFTER_UNITS, BEFORE_UNITS, GAP_UNITS, MOST_UNUSUAL, MovedThen, Mover
from ..sources.errors import SourceError
from ..text import units
from ..text.clean import clean
from .chart_reading import moment
from .dialogs.choose import Choose
from .tile_line import quantity

if TYPE_CHECKING:
    from .chart_panel import ChartPanel
    from .metrics import MetricsTab

MOST = 40
NAME = 34


def ask_what_moved(tab: "MetricsTab", charts: "ChartPanel") -> None:
    """Ask about the time under the cursor; the list opens when the answers are there."""
    at, service = charts.at, getattr(tab.context.services, "charts", None)
    if at is None or service is None:
        tab.console.say("enter: there is no point under the cursor yet")
        return
    tab.console.say(f"asking what else moved at {moment(at)} …")
    tab.run_worker(_ask(tab, charts, service.moved, at), group="moved", exclusive=True)


async def _ask(tab: "MetricsTab", charts: "ChartPanel", moved: object, at: float) -> None:
    try:
        found: MovedThen = await moved.then(at, charts.look.range_s)  # type: ignore[attr-defined]  # of the charts' service
    except SourceError as error:
        tab.console.say(f"what else moved is unknown: {error.problem.sentence}")
        return
    if not tab.shown or tab.console.dialog_open:
        return  # who went on meanwhile does not find a list before the eyes
    tab.console.say("")
    lines = [*map(mover_line, found.movers[:MOST]), rest_line(found)]

    def go(place: int) -> None:
        if place < min(MOST, len(found.movers)):
            lead_to(tab, charts, found.movers[place])

    tab.console.push_screen(Choose(title(found), lines, go, tab.console.palette))


def lead_to(tab: "MetricsTab", charts: "ChartPanel", mover: Mover) -> None:
    """To the place of a figure: its row, and its chart where it has one."""
    figure = mover.figure
    if figure.tab != tab.digit:
        tab.console.go(figure.tab, identity=figure.object or None)
        return
    if figure.object:
        tab.go_to(figure.object)
    if figure.chart:
        charts.see(replace(charts.look, kind=figure.chart))
        tab.changed()


def title(found: MovedThen) -> str:
    """When, how many, and what it does not say."""
    count = f"{len(found.movers)} of {found.compared}"
    return f"moved at the same time, {moment(found.at)}: {count}, the most unusual first; says nothing of causes"


def mover_line(mover: Mover) -> str:
    """`checkout P99                240 ms → 1.9 s   x7.9   31 times its usual deviation`."""
    figure = mover.figure
    before, after = quantity(mover.before, figure.unit), quantity(mover.after, figure.unit)
    name = clean(figure.name)[:NAME].ljust(NAME)
    if mover.before is None:
        return f"{name} had no value before, then {after}"
    if mover.after is None:
        return f"{name} {before}, then no value"
    times = f"{'over ' if mover.times_usual >= MOST_UNUSUAL else ''}{mover.times_usual:.0f} times its usual deviation"
    return f"{name} {before:>8} → {after:<8} {units.factor(mover.after, mover.before):>6}   {times}"


def rest_line(found: MovedThen) -> str:
    """What did not move, and what is not known; and what was held against what."""
    still = found.compared - sum(mover.before is not None for mover in found.movers)
    unit = found.unit_s
    parts = [
        f"{units.plural(max(0, still), 'other')} did not move",
        f"{BEFORE_UNITS - GAP_UNITS} points of {units.span(unit)} before, {AFTER_UNITS + 1} since",
    ]
    if found.too_short:
        parts.append(f"{found.too_short} known too shortly")
    if found.refused:
        parts.append(f"{len(found.refused)} not asked: {clean(found.refused[0])}")
    return " · ".join(parts)
