"""The Alerts view: what both sources say of one alert, every rule with its line of the runbook, silences, and noise."""

from datetime import timedelta
from typing import Any

from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.config.policies import builtin
from opsconsole.model.alerts import Alert, AlertingRule, Firing, PrometheusAlerts, Silence
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.findings import Judged
from opsconsole.rules.noise import noise
from opsconsole.rules.rule_states import rule_states
from opsconsole.rules.thresholds import replay

from . import story
from .driving import shown, until
from .story import NOW, ago
from .tabs import console, headline, rows, settled, text

POLICY = builtin("default")


def board() -> Board:
    made = story.board()
    silence = Silence("s1", "active", 'alertname="Effect"', "jane", "known", ago(20), NOW + timedelta(minutes=40))
    over = Silence("s0", "expired", 'alertname="Old"', "joe", "", ago(300), ago(200))
    both, api = ("Alertmanager", "Prometheus"), (("service", "api"),)
    alerts = (
        Alert("f1", "Slow", "active", "critical", "checkout is slow", ago(11), api, group="service=api",
              annotations=(("runbook_url", "https://runbooks.example/slow"),), sources=both, prometheus="pending",
              differs="Prometheus says pending", generator="http://prometheus/graph?g0.expr=x"),
        Alert("f2", "Effect", "suppressed", "warning", "", ago(9), silenced_by=("s1",), inhibited_by=("f1",)),
        Alert("f3", "Fills", "pending", "warning", "", ago(7), sources=("Prometheus",), for_s=900.0),
    )  # fmt: skip
    rules = PrometheusAlerts(alerts[2:], (
        AlertingRule("Fills", "disks", "pending", "disk > 0.9", 900.0, severity="warning", pending=1, health="ok"),
        AlertingRule("Broken", "disks", "inactive", "a + b", health="err", error="many-to-many matching not allowed"),
    ))  # fmt: skip
    at = NOW.timestamp()
    p99 = [(at - 1200 + 15 * index, 1.9) for index in range(81)]
    errors = [(at - 120 + 15 * index, 0.03) for index in range(9)]
    states = {
        ("p99-critical", "api"): Judged(replay(p99, POLICY.rules["p99-critical"], 20.0)),
        ("errors-warning", "web"): Judged(replay(errors, POLICY.rules["errors-warning"], 20.0)),
        ("queue-depth", "mail"): Judged(replay([(at, 3.0)], POLICY.rules["queue-depth"], 20.0)),
    }
    fired = [Firing("p99-critical:api", "p99-critical", "api", "critical", ago(20))]
    fired.append(Firing("p99-critical:api", "p99-critical", "api", "critical", ago(100), ago(98)))
    found: dict[topics.Topic[Any], Any] = {
        topics.ALL_ALERTS: alerts,
        topics.SILENCES: (silence, over),
        topics.PROM_ALERTS: rules,
        topics.RULES: rule_states(states, POLICY, at),
        topics.NOISE: noise(fired, [], [], [], NOW - timedelta(days=7), NOW),
    }
    for topic, value in found.items():
        made.publish(topic, Reading(value, State.OK, NOW, 0.01, f"asked for {topic.name}"))
    return made


async def pressed(pilot: Pilot[Any], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    await pilot.pause()


async def test_an_alert_says_which_of_both_has_it_who_keeps_it_quiet_and_all_else_by_enter(fixed_clock: None) -> None:
    app = console(board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "alerts")
        assert headline(app).startswith("1 alert active · 1 pending · 1 suppressed · ")
        assert "differ on 1" in headline(app)
        slow, fills, effect = rows(tab.table)
        assert "active" in slow
        assert "they differ" in slow
        assert "pending 7m of 15m" in fills
        assert "silenced 40m left" in effect
        await pressed(pilot, "enter")
        page = text(app)
        for said in ("https://runbooks.example/slow", "Prometheus says pending", "g0.expr=x", "service=api"):
            assert said in page
        await pressed(pilot, "escape", "j", "j", "enter")
        assert "silenced by jane, 20m ago, 40m left: known" in text(app)
        assert "inhibited by Slow service=api" in text(app)


async def test_every_rule_stands_there_with_its_state_and_opens_on_its_line_of_the_runbook(fixed_clock: None) -> None:
    app = console(board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "rules")
        assert headline(app).startswith("Rules · policy default: 1 firing, 1 pending")
        listed = rows(tab.table)
        assert len(listed) == len(POLICY.rules) + 2
        assert "firing since 02:33" in listed[0]
        assert "runbook 000 line 53" in listed[0]
        assert "pending 2m of 5m" in listed[1]
        assert any("Fills" in row and "pending" in row for row in listed[:4])
        assert any("nothing tells it" in row and "unknown" in row for row in listed)
        await pressed(pilot, "enter")
        page = text(app)
        assert "“P99 response time > 500ms for more than 15 minutes”" in page
        assert "1.9 s" in page
        assert "> 0.5 s" in page or "> 0.50 s" in page or "> 500 ms" in page
        assert "15m, kept firing 5m after it ends" in page
        assert "fired 2 times in 7d, 1 still firing: 1 passed alone within 5m, acted on 0 of 2 (0 %)" in page
        await pressed(pilot, "escape", "escape")
        assert tab.view == "alerts"
        assert "1 alert active" in shown(app, "headline")


async def test_silences_have_age_and_author_and_noise_its_figures_at_80_by_24(fixed_clock: None) -> None:
    app = console(board(), start=1)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot, "silences")
        (silence,) = rows(tab.table)
        assert all(said in silence for said in ('alertname="Effect"', "jane", "20m", "40m left"))
        tab = await settled(pilot, "noise")
        assert "fired 2 times in 7d, 1 passed alone, acted on 0 (0 %)" in headline(app)
        (noisy,) = rows(tab.table)
        assert noisy.split()[0] == "p99-critical"
        assert "0 of 2 (0 %)" in noisy


async def test_five_thousand_alerts_leave_the_console_at_hand(fixed_clock: None) -> None:
    many = tuple(
        Alert(f"f{index}", "Slow", "active", "warning", "slow", ago(9), (("pod", f"api-{index}"),))
        for index in range(5000)
    )
    made = story.board()
    app = console(made, start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "alerts")
        made.publish(topics.ALL_ALERTS, Reading(many, State.OK, NOW))
        tab = await settled(pilot)
        await pressed(pilot, "G")
        assert "5,000 alerts active" in headline(app) or "5000 alerts active" in headline(app)
        assert tab.table is not None
        assert tab.table.row_count == 5000
