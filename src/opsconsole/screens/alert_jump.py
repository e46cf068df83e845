"""`--alert`: the console opens on the culprit of the alert that somebody was paged with."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..model.alerts import Alert
from ..model.reading import State
from ..poller.topics import (
    ALERTS,
    ALL_ALERTS,
    CHANGES,
    FINDINGS,
    PODS,
    PROM_ALERTS,
    SERVICES,
    WORKLOADS,
    Topic,
)
from ..rules.alert_sought import ACTIVE, Sought, culprit, fitting, sought
from ..rules.evidence import ring
from ..sources.errors import SourceError
from ..text import clock, units
from ..text.clean import clean
from ..widgets.line import Part, cut

if TYPE_CHECKING:
    from ..app import Console

WAITS_S = 30.0
"""So long the first answers may take."""
LOOKS_BACK_S = 26 * 3600.0
STEP_S = 60.0
TELLING: tuple[Topic[Any], ...] = (ALERTS, PROM_ALERTS)
SHOWN_BY: Mapping[int, tuple[Topic[Any], ...]] = {1: (SERVICES, FINDINGS), 2: (WORKLOADS, PODS, FINDINGS)}
"""What a tab must have read before one of its rows can be gone to."""


async def open_on(app: "Console", text: str) -> None:
    """Wait for the alerts, then go there; an alert that is not there any more is said, and Now stays."""
    wanted = sought(text)
    found = await _found(app, wanted)
    if found is None:
        _say(app, f"alert {wanted.words}: neither Alertmanager nor Prometheus has answered, so it is unknown", "blind")
    elif not found or found[0].state not in (*ACTIVE, "suppressed"):
        _say(app, f"alert {wanted.words} is not active{await _gone(app, wanted)}", "warning")
    else:
        await _heard(app, lambda: all(app.context.board.get(topic).taken for topic in SHOWN_BY[culprit(found[0]).tab]))
        _go(app, found[0], len(found) - 1)


async def _heard(app: "Console", enough: Callable[[], bool]) -> None:
    """Until the board tells enough, or for as long as it may take."""
    until = time.monotonic() + WAITS_S
    while not enough() and time.monotonic() < until:
        await asyncio.sleep(0.1)


async def _found(app: "Console", wanted: Sought) -> tuple[Alert, ...] | None:
    """Those that fit, as soon as one does or all sources have answered; None where none has."""
    board = app.context.board

    def answered() -> bool:
        """An alert that fits is enough; that there is none takes the answers of all."""
        told = all(board.get(topic).value is not None or board.get(topic).problem is not None for topic in TELLING)
        return bool(fitting(wanted, board.get(ALL_ALERTS).value or ())) or (
            told and board.get(ALL_ALERTS).value is not None
        )

    await _heard(app, answered)
    if all(board.get(topic).value is None for topic in TELLING):
        return None
    return fitting(wanted, board.get(ALL_ALERTS).value or ())


def _go(app: "Console", alert: Alert, others: int) -> None:
    """To its culprit; where the alert stands among the findings n goes round the evidence of that one."""
    place, board = culprit(alert), app.context.board
    findings = board.get(FINDINGS).value or ()
    known = next((one for one in findings if one.id == f"alert:{alert.fingerprint}"), None)
    if known is not None:
        app.evidence.ring = ring(known, findings, board.get(CHANGES).value or ())
    app.go(place.tab, place.view, place.object, place.only)
    app.frame.draw()
    since = f" since {units.clock(alert.since)}Z, {units.age(alert.since, clock.now())}" if alert.since else ""
    parts = [f"alert {alert.name} {alert.state}{since}", alert.summary]
    parts.append(f"runbook {alert.runbook}" if alert.runbook else "it names no runbook_url")
    parts += [f"{units.plural(others, 'other')} of that kind: v a"] * bool(others)
    _say(app, " · ".join(part for part in parts if part), "title")


async def _gone(app: "Console", wanted: Sought) -> str:
    """Since when, by the series that Prometheus keeps of its alerts."""
    desk: Any = app.context.services.__dict__.get("metrics")
    name = wanted.name or wanted.labels.get("alertname", "")
    if desk is None or not name or app.context.board.get(PROM_ALERTS).state is State.OFF:
        return ", and nothing here tells since when; Now shows what is wrong"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    end = time.time() // STEP_S * STEP_S
    try:
        query = f'ALERTS{{alertname="{quoted}",alertstate="firing"}}'
        answer = await desk.source.query_range(query, end - LOOKS_BACK_S, end, STEP_S)
    except SourceError as error:
        return f", and since when is unknown: {error.problem.sentence}"
    fired = (zip(series.times, series.values, strict=True) for series in answer.series)
    last = max((at for course in fired for at, value in course if value), default=None)
    if last is None:
        return ", and unknown to Prometheus for the last day; Now shows what is wrong"
    at = datetime.fromtimestamp(last, UTC)
    return f" any more: gone since {units.clock(at)}Z, {units.age(at, clock.now())}; Now shows what is wrong"


def _say(app: "Console", text: str, style: str) -> None:
    """Until the next key: it is what one came for."""
    app.frame.ask(cut([Part(f" {clean(text, 600)}", style)], app.size.width))
