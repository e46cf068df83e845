"""The same alerts from Debian's Prometheus and Alertmanager: one list, and the states of a rule moment by moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from opsconsole.config.settings import Http, Rule
from opsconsole.model.alerts import Alert, PrometheusAlerts
from opsconsole.rules.alerts import fingerprint, state_words, together
from opsconsole.rules.thresholds import Phase, Threshold, step
from opsconsole.sources.http import reach
from opsconsole.sources.prometheus import Prometheus
from opsconsole.sources.prometheus.alerts import PrometheusRules
from opsconsole.text import clock

from .conftest import FLIP_FOR_MS, FLIP_KEEP_MS, RUNBOOK
from .test_alertmanager import post, source

T = TypeVar("T")
STEP_S = 0.1


@pytest.fixture
async def server(prometheus: str) -> AsyncIterator[Prometheus]:
    found = Prometheus(lambda: reach(Http(url=prometheus)))
    yield found
    found.close()


async def wanted(ask: Callable[[], Awaitable[T]], there: Callable[[T], bool]) -> T:
    """The first answer that has it."""
    async with asyncio.timeout(30):
        while not there(answer := await ask()):
            await asyncio.sleep(0.05)
    return answer


async def both(url: str, server: Prometheus) -> tuple[tuple[Alert, ...], PrometheusAlerts]:
    """What the two say once the alerts that stand have reached the Alertmanager."""
    alertmanager, rules = source(url), PrometheusRules(server)

    def arrived(alerts: tuple[Alert, ...]) -> bool:
        names = {one.name for one in alerts}
        return names >= {"TooLoud", "Cause", "Effect"} and any(one.inhibited_by for one in alerts)

    held = await wanted(alertmanager.alerts, lambda alerts: arrived(alerts) and all(one.receivers for one in alerts))
    told = await rules.read()
    await alertmanager.close()
    return held, told


async def test_an_alert_of_both_stands_once_with_all_that_either_knows(url: str, server: Prometheus) -> None:
    held, told = await both(url, server)
    found = {one.name: one for one in together(held, told, clock.now()) if one.name != "Flip"}
    loud = found["TooLoud"]
    assert (loud.state, loud.prometheus, loud.differs) == ("active", "firing", "")
    assert loud.sources == ("Alertmanager", "Prometheus")
    assert {("cluster", "eu"), ("service", "api")} <= set(loud.labels)
    assert (loud.runbook, loud.value, loud.group) == (RUNBOOK, "7e+00", "service=api")
    assert loud.receivers == ("nobody",)
    assert "g0.expr=vector%287%29" in loud.generator
    assert loud.fingerprint == fingerprint(loud.labels), "computed as the Alertmanager does"
    assert sum(one.name == "TooLoud" for one in together(held, told, clock.now())) == 1

    effect, cause = found["Effect"], found["Cause"]
    assert (effect.state, effect.inhibited_by, effect.differs) == ("suppressed", (cause.fingerprint,), "")
    assert state_words(effect, (), clock.now()) == "inhibited"

    waits = found["Waits"]
    assert (waits.state, waits.sources, waits.differs) == ("pending", ("Prometheus",), "")
    assert state_words(waits, (), (waits.since or clock.now()) + timedelta(minutes=7)) == "pending 7m of 1h"
    assert "Calm" not in found
    calm, waiting = (next(rule for rule in told.rules if rule.name == name) for name in ("Calm", "Waits"))
    assert (calm.state, calm.group, calm.health, calm.query) == ("inactive", "shop", "ok", "vector(1) > 2")
    assert (waiting.state, waiting.for_s, waiting.pending) == ("pending", 3600.0, 1)


async def test_a_silence_says_for_how_long(url: str, server: Prometheus) -> None:
    ends = clock.now() + timedelta(hours=1)
    matcher = {"name": "alertname", "value": "Cause", "isRegex": False}
    body = {"startsAt": clock.now().isoformat(), "endsAt": ends.isoformat(), "createdBy": "jane", "comment": "known"}
    post(f"{url}/api/v2/silences", {"matchers": [matcher], **body})
    alertmanager = source(url)

    def causes(alerts: tuple[Alert, ...]) -> list[Alert]:
        return [one for one in alerts if one.name == "Cause" and one.silenced_by]

    (quiet,) = causes(await wanted(alertmanager.alerts, lambda alerts: bool(causes(alerts))))
    silences = await alertmanager.silences()
    await alertmanager.close()
    assert state_words(quiet, silences, ends - timedelta(minutes=40, seconds=9)) == "silenced 40m left"


async def test_without_an_alertmanager_prometheus_alone_tells_the_alerts(server: Prometheus) -> None:
    rules = PrometheusRules(server)
    told = await wanted(rules.read, lambda told: "TooLoud" in {one.name for one in told.alerts})
    (loud,) = [one for one in together(None, told, clock.now()) if one.name == "TooLoud"]
    assert (loud.state, loud.differs, loud.sources, loud.runbook) == ("firing", "", ("Prometheus",), RUNBOOK)


async def test_our_machine_takes_every_turn_at_the_same_evaluation_as_the_server(server: Prometheus) -> None:
    """Its own samples of the expression are replayed: pending and firing at the same moments, kept firing as long."""
    rule = Rule(title="t", measure="m", limit=0.5, for_s=FLIP_FOR_MS / 1000, keep_firing_s=FLIP_KEEP_MS / 1000)
    samples = await wanted(lambda: raw(server, "flip"), lambda samples: len(samples) >= 40)
    state, ours = Threshold(), {}
    for at, value in samples:
        state = step(state, rule, at, value, STEP_S)
        if state.phase is not Phase.INACTIVE:
            ours[at] = state.phase.value
    theirs = {
        at: phase
        for phase in ("pending", "firing")
        for at, value in await raw(server, f'ALERTS{{alertname="Flip",alertstate="{phase}"}}')
    }
    # of its first evaluations it writes no states down: it looks first for what it knew before it was started
    first, last = samples[5][0], samples[-1][0]
    assert {at: phase for at, phase in theirs.items() if first <= at <= last} == {
        at: phase for at, phase in ours.items() if first <= at
    }
    assert set(ours.values()) == {"pending", "firing"}


async def raw(server: Prometheus, series: str) -> list[tuple[float, float | None]]:
    """The samples as the server has them, with its own times."""
    answer = await server.query(f"{series}[5m]")
    return sorted((at, value) for one in answer.series for at, value in zip(one.times, one.values, strict=True))
