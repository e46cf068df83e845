"""The feeds of alerts: what an Alertmanager holds, what Prometheus says itself, and both as one list."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..model.alerts import Alert, PrometheusAlerts, Silence
from ..model.kubernetes import Labels
from ..model.reading import Problem, ProblemKind, Reading, State
from ..rules.alerts import together
from ..sources.executor import DaemonExecutor
from ..sources.prometheus.alerts import PATH, PrometheusRules
from ..sources.prometheus.source import Prometheus
from ..text import clock
from .board import Board
from .feed import Polled, Wake
from .topics import ALERTS, ALL_ALERTS, PROM_ALERTS, SILENCES, Topic

if TYPE_CHECKING:
    from ..sources.alertmanager import Alertmanager

EVERY_S = 15.0
RARELY_S = 300.0
"""A server without such a page may get one."""
AGAIN_S = 60.0
"""What is on its way to the Alertmanager, or overdue there, changes without a reading."""


NOBODY = Problem(
    ProblemKind.MISSING,
    "this Prometheus evaluates no alerts, and no alertmanager is in this profile",
    "add it to the settings; opsconsole config init shows how",
)


def alerts_feed(source: "Alertmanager") -> Polled[tuple[Alert, ...]]:
    async def read() -> tuple[tuple[Alert, ...], str]:
        return await source.alerts(), "GET /api/v2/alerts"

    return Polled("alerts", ALERTS, EVERY_S, read)


def silences_feed(source: "Alertmanager") -> Polled[tuple[Silence, ...]]:
    async def read() -> tuple[tuple[Silence, ...], str]:
        return await source.silences(), "GET /api/v2/silences"

    return Polled("silences", SILENCES, EVERY_S, read)


def prometheus_alerts_feed(source: Prometheus) -> Polled[PrometheusAlerts]:
    rules = PrometheusRules(source)

    async def read() -> tuple[PrometheusAlerts, str]:
        told = await rules.read()
        feed.every_s = EVERY_S if told.told else RARELY_S
        return told, f"GET {PATH}"

    feed = Polled("prometheus alerts", PROM_ALERTS, EVERY_S, read)
    return feed


class AlertsTogether:
    """Publishes one list whenever one of the two says something new. A source that fails takes nothing with it that
    the other one tells; with neither of them the list is as old as they are."""

    name = "alerts together"
    topics: tuple[Topic[Any], ...] = (ALL_ALERTS,)

    def __init__(self) -> None:
        self._threads = DaemonExecutor("alerts", 1)
        self._named: dict[Labels, str] = {}

    async def run(self, board: Board, wake: Wake) -> None:
        news = asyncio.Event()
        news.set()
        hear: Callable[[Any, Any], None] = lambda reading, delta: news.set()  # noqa: E731
        endings = [board.subscribe(ALERTS, hear), board.subscribe(PROM_ALERTS, hear)]
        try:
            while True:
                try:
                    async with asyncio.timeout(AGAIN_S):
                        await news.wait()
                except TimeoutError:
                    pass
                news.clear()
                await self._publish(board)
        finally:
            self._threads.shutdown()
            for end in endings:
                end()

    async def _publish(self, board: Board) -> None:
        held, told = board.get(ALERTS), board.get(PROM_ALERTS)
        there = [one for one in (held, told) if one.state is not State.OFF]
        live = [one for one in there if one.value is not None and one.state in (State.OK, State.LATE)]
        known = board.get(ALL_ALERTS)
        if not there or not live:
            worst = next((one for one in there if one.state is State.FAILED), there[0] if there else held)
            if known.value is not None or worst.state is not State.LATE:
                board.mark(ALL_ALERTS, worst.state, worst.problem, worst.asked)
            return
        if told.value is not None and not told.value.told and held not in live:
            # a store of series says nothing of alerts: it cannot stand in for the Alertmanager
            board.mark(ALL_ALERTS, held.state, NOBODY if held.state is State.OFF else held.problem, held.asked)
            return
        at_alertmanager = held.value if held in live else None
        at_prometheus = told.value if told in live and told.value is not None and told.value.told else None
        match = partial(together, at_alertmanager, at_prometheus, clock.now(), self._named)
        # thousands take longer than the loop can spare
        value = await asyncio.get_running_loop().run_in_executor(self._threads, match)
        state = State.OK if any(one.state is State.OK for one in live) else State.LATE
        if known.value == value and known.state is state and known.taken is not None:
            value = known.value  # the same rows, so that a table which hears of them paints nothing
        problem = next((one.problem for one in there if one.state is State.FAILED), None)
        taken = max(one.taken for one in live if one.taken is not None)
        took_s = max(one.took_s for one in live)
        asked = tuple(asked for one in there for asked in one.asked)
        source = "\n".join(one.source for one in there if one.source)
        board.publish(ALL_ALERTS, Reading(value, state, taken, took_s, source, problem, asked))
