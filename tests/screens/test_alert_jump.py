"""`--alert` opens on the culprit with what the alert says of itself; what is not active any more is said."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from opsconsole.model.metrics import Answer, Series
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import ALERTS, ALL_ALERTS, PROM_ALERTS
from opsconsole.screens import alert_jump
from opsconsole.screens.alert_jump import open_on
from tests.rules.test_alert_sought import OTHER, SLOW

from . import story
from .driving import shown, until
from .tabs import console, settled

pytestmark = pytest.mark.usefixtures("fixed_clock")


def board_with(*alerts: Any) -> Any:
    board = story.board()
    for topic in (ALERTS, ALL_ALERTS):
        board.publish(topic, Reading(tuple(alerts), State.OK, story.NOW))
    board.mark(PROM_ALERTS, State.OK)
    return board


async def test_it_opens_on_the_slow_service_and_names_the_runbook() -> None:
    runbook = (("runbook_url", "https://wiki/slow-checkout"),)
    alert = msgspec.structs.replace(SLOW, since=story.ago(12), annotations=runbook)
    app = console(board_with(alert, OTHER))
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await open_on(app, "slowcheckout")
        await until(pilot, lambda: app.tab.digit == 1 and getattr(app.tab, "row", None) is not None)
        told = shown(app, "footer")
        assert "alert SlowCheckout active since 02:41Z, 12m" in told
        assert "runbook https://wiki/slow-checkout" in told
        await until(pilot, lambda: "filter: api" in shown(app, "views"))


async def test_one_that_is_over_says_since_when_and_one_that_nobody_knows_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alert_jump, "WAITS_S", 0.2)
    app = console(board_with(OTHER))
    last = story.ago(30).timestamp()

    async def query_range(query: str, *span: float) -> Answer:
        known = 'alertname="SlowCheckout"' in query
        return Answer(query, series=(Series((), (last, last + 60), (1.0, None)),) if known else ())

    app.context.services.metrics = SimpleNamespace(source=SimpleNamespace(query_range=query_range))
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        app.context.board.publish(PROM_ALERTS, Reading(None, State.OK, story.NOW + timedelta(0)))
        await open_on(app, "SlowCheckout")
        assert "alert SlowCheckout is not active any more: gone since 02:23Z, 30m" in shown(app, "footer")
        await open_on(app, "Nonsense")
        assert "unknown to Prometheus for the last day" in shown(app, "footer")
        assert app.tab.digit == 0
