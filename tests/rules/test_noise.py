"""The noise report: what fired, what passed alone, and what somebody acted on."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.alerts import Firing
from opsconsole.model.incident import Acknowledgement
from opsconsole.rules.noise import noise
from tests.store.make import incident, line

NIGHT = datetime(2026, 3, 26, 2, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def firing(rule: str, began: float, ended: float | None, name: str = "api") -> Firing:
    return Firing(f"{rule}:{name}", rule, name, "critical", at(began), None if ended is None else at(ended))


def test_each_firing_counts_once_by_what_came_of_it() -> None:
    firings = [
        firing("p99", 0, 2), firing("p99", 10, 13), firing("p99", 20, 60), firing("p99", 90, None),
        firing("cpu", 5, 45, "shop/worker"), firing("cpu", -500, -400),
    ]  # fmt: skip
    known = [Acknowledgement("p99:api", "ada", at(25)), Acknowledgement("p99:api", "", at(60))]
    declared = [msgspec.structs.replace(incident("INC-1"), finding="p99:api", declared=at(30), drill=False)]
    scaled = msgspec.structs.replace(line(phase="written"), at=at(20), object="deployment/worker")
    report = noise(firings, known, declared, [scaled], NIGHT, at(120))
    loud, useful = report.rules
    assert (loud.rule, loud.fired, loud.resolved_alone, loud.standing) == ("p99", 4, 2, 1)
    assert (loud.acknowledged, loud.incidents, loud.actions, loud.acted) == (1, 1, 0, 1)
    assert (loud.median_s, loud.last) == (180.0, at(90))
    assert (useful.rule, useful.fired, useful.actions, useful.acted, useful.resolved_alone) == ("cpu", 1, 1, 1, 0)
    assert (report.fired, report.acted, report.signal) == (5, 2, 0.4)


def test_nothing_that_fired_is_no_figure() -> None:
    assert noise([], [], [], [], NIGHT, at(1)).signal is None
