"""Alerts of both sources on the board as one list, and the firings that are kept of them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Any

from opsconsole.model.alerts import Alert, AlertingRule, Firing, ObjectState, PrometheusAlerts, RuleState
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.alerts import NOBODY, AlertsTogether
from opsconsole.poller.board import Board
from opsconsole.poller.firings import FiringsKeeper
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import ALERTS, ALL_ALERTS, PROM_ALERTS, RULES
from opsconsole.rules.alerts import folded, together
from opsconsole.rules.findings import from_alerts
from opsconsole.text import clock
from tests.poller.metrics_fakes import until

SILENT = Problem(ProblemKind.UNREACHABLE, "Alertmanager cannot be reached")


def held(number: int, state: str = "active", **fields: object) -> Alert:
    """As an Alertmanager has it, with the label that Prometheus adds on the way."""
    labels = (("alertname", "Slow"), ("cluster", "eu"), ("pod", f"api-{number:04}"))
    fields = {"severity": "warning", "summary": "", "since": clock.now() - timedelta(hours=1), **fields}
    return Alert(f"f{number}", "Slow", state, labels=labels, **fields)  # type: ignore[arg-type]


def own(number: int, state: str = "firing") -> Alert:
    labels = (("alertname", "Slow"), ("pod", f"api-{number:04}"))
    since = clock.now() - timedelta(hours=1)
    return Alert(f"p{number}", "Slow", state, "warning", "", since, labels, sources=("Prometheus",), prometheus=state)


def told(*alerts: Alert) -> PrometheusAlerts:
    return PrometheusAlerts(alerts, (AlertingRule("Slow", "g", "firing", "x"),))


def ok(value: Any) -> Reading[Any]:
    return Reading(value, State.OK, clock.now())


@contextlib.asynccontextmanager
async def joined() -> AsyncIterator[Board]:
    board = Board()
    task = asyncio.create_task(AlertsTogether().run(board, Alarm()))
    try:
        yield board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_where_the_two_differ_it_is_said() -> None:
    now = clock.now()
    quiet = held(3, "suppressed", silenced_by=("s",))
    found = together((held(1), held(2), quiet), told(own(1), own(2, "pending"), own(3), own(4)), now)
    said = {dict(alert.labels)["pod"][-1]: alert.differs for alert in found}
    assert said == {"1": "", "2": "Prometheus says pending", "3": "", "4": "not at the Alertmanager"}
    (gone,) = together((held(1),), told(), now)
    assert gone.differs == "Prometheus no longer has it"
    (elsewhere,) = together((held(1),), PrometheusAlerts(), now)
    assert elsewhere.differs == "", "another server sends it"


def test_five_thousand_alerts_are_matched_by_their_labels_in_a_moment() -> None:
    alerts = tuple(held(number) for number in range(5000))
    theirs = told(*(own(number) for number in range(5000)))
    before = time.perf_counter()
    found = together(alerts, theirs, clock.now())
    print(f"5,000 alerts of both matched in {(time.perf_counter() - before) * 1000:.0f} ms")
    assert len(found) == 5000
    assert all(alert.prometheus == "firing" for alert in found)
    assert [many for _, many in folded(found)] == [5000]
    (finding,) = from_alerts(found)
    assert finding.what.startswith("5000 alerts Slow, the oldest: ")


async def test_an_alertmanager_that_falls_silent_takes_no_alert_with_it_and_renames_none() -> None:
    async with joined() as board:
        board.publish(ALERTS, ok((held(1),)))
        board.publish(PROM_ALERTS, ok(told(own(1))))
        await until(lambda: any(one.prometheus for one in board.get(ALL_ALERTS).value or ()), "the list")
        board.mark(ALERTS, State.FAILED, SILENT)
        await until(lambda: board.get(ALL_ALERTS).problem == SILENT, "the list")
        (alert,) = board.get(ALL_ALERTS).value or ()
        assert (alert.fingerprint, alert.state, board.get(ALL_ALERTS).state) == ("f1", "firing", State.OK)
        board.mark(PROM_ALERTS, State.FAILED, SILENT)
        await until(lambda: board.get(ALL_ALERTS).state is State.FAILED, "the list")
        assert board.get(ALL_ALERTS).value == (alert,)


async def test_a_store_of_series_does_not_stand_in_for_a_silent_alertmanager() -> None:
    async with joined() as board:
        board.publish(PROM_ALERTS, ok(PrometheusAlerts(told=False)))
        board.mark(ALERTS, State.FAILED, SILENT)
        await until(lambda: board.get(ALL_ALERTS).state is State.FAILED, "the list")
        board.mark(ALERTS, State.OFF)
        await until(lambda: board.get(ALL_ALERTS).problem == NOBODY, "that nobody tells of alerts")
        assert board.get(ALL_ALERTS).value is None


class Kept:
    def __init__(self) -> None:
        self.standing: list[Firing] = []
        self.over: list[Firing] = []

    async def keep_firings(self, standing: Iterable[Firing], over: Iterable[Firing]) -> None:
        self.standing += standing
        self.over += over

    async def firings(self, since: datetime) -> tuple[Firing, ...]:
        return tuple(self.standing)


def rule(state: str, since: datetime | None) -> RuleState:
    one = ObjectState("api", "api", state, "1.9 s", since)
    return RuleState(
        "p99", "P99", "requests.p99", "critical", "> 0.50 s", "", 900, 300, "", None, ((state, 1),), (one,)
    )


async def test_a_firing_is_kept_once_and_ends_when_it_is_seen_to_not_when_nobody_sees() -> None:
    board, kept, since = Board(), Kept(), clock.now() - timedelta(minutes=20)
    keeper = FiringsKeeper(kept)
    for state in ("firing", "firing", "unknown", "firing", "ok", "ok"):
        board.publish(RULES, ok((rule(state, since if state == "firing" else None),)))
        keeper.look(board)
        await keeper.write()
    assert [(one.finding, one.began) for one in kept.standing] == [("p99:api", since)]
    assert [(one.finding, one.ended is not None) for one in kept.over] == [("p99:api", True)]
