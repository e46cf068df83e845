"""The HPA view of the Pods tab: words, conditions in full, and the dialog that answers what it would do."""

from typing import Any

import msgspec
import pytest
from textual.widgets import Input

from opsconsole.model.collection import Collection
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.kubernetes import Condition, Hpa, HpaPast, Scaling
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import HPA_PAST, HPAS, TRIGGERS
from opsconsole.screens.dialogs.whatif import WhatIfDialog

from . import story
from .driving import until
from .tabs import console, settled, text

LONG = "the desired replica count is more than the maximum replica count, and this sentence goes on to its very end"
BEGINNING, END = "ScalingLimited True TooManyReplicas", "to its very end"


def board() -> Board:
    made = story.board()
    api = story.hpas()["h-api"]
    limited = Condition("ScalingLimited", "True", "TooManyReplicas", LONG, story.ago(9))
    api = msgspec.structs.replace(api, conditions=(limited,), keda="api-scaler")
    reading = made.get(HPAS)
    assert reading.value is not None
    rows: Collection[Hpa] = msgspec.structs.replace(reading.value, rows={"h-api": api})
    told: Reading[Collection[Hpa]] = Reading(rows, State.OK, story.NOW)
    made.publish(HPAS, told)
    steps = (Scaling(story.ago(40), 2, 1, "cpu above target"), Scaling(story.ago(9), 3, 2, "cpu above target"))
    past = {"h-api": HpaPast(steps, known_since=story.ago(60))}
    made.publish(HPA_PAST, Reading(past, State.OK, story.NOW))
    pending = Finding(
        "workload-cpu-manual:api", Severity.WARNING, "", 2, "pending", pending_s=540.0, for_s=900.0, value="84 %",
        limit="> 80 %", object=f"{story.NAMESPACE}/api", rule="workload-cpu-manual",
    )  # fmt: skip
    hit: tuple[Finding, ...] = (pending,)
    made.publish(TRIGGERS, Reading(hit, State.OK, story.NOW))
    return made


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_bounds_state_steps_and_whole_conditions(size: tuple[int, int], fixed_clock: None) -> None:
    app = console(board(), start=2)
    async with app.run_test(size=size) as pilot:
        await settled(pilot, "hpas")
        shown = text(app)
        assert "3<=3->" in shown
        assert "at max since" in shown
        assert "2→3 cpu above target" in shown
        await pilot.press("d")
        await until(pilot, lambda: BEGINNING in text(app) and END in text(app))
        assert "scaledobject/api-scaler" in text(app)
        assert "manual trigger: CPU 84 % > 80 % for 9 of 15 min" in text(app)


async def test_it_answers_what_it_would_do(fixed_clock: None) -> None:
    app = console(board(), start=2)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "hpas")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WhatIfDialog) and "why:" in text(app))
        await asked(pilot, app, "2x")
        await until(pilot, lambda: "at cpu 182/65: wants 9 (6 more)" in text(app))
        await asked(pilot, app, "who")
        await until(pilot, lambda: "ask 85, cpu 85, 2x" in text(app))
        assert "triggers to scale by hand" in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: not app.dialog_open)


async def asked(pilot: Any, app: Any, question: str) -> None:
    app.screen.query_one(Input).value = question
    await pilot.press("enter")


async def test_the_same_key_on_a_workload_that_no_hpa_scales_says_why_as_ever(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(120, 40)) as pilot:
        tab = await settled(pilot, "workloads")
        assert tab.go_to(f"{story.NAMESPACE}/worker")
        await pilot.press("w")
        await until(pilot, lambda: app.dialog_open)
        assert not isinstance(app.screen, WhatIfDialog)


async def test_a_workload_that_crashes_says_so_before_what_its_hpa_reckons(fixed_clock: None) -> None:
    made = story.board()
    of_worker = msgspec.structs.replace(story.hpas()["h-api"], uid="h-worker", name="worker", target_name="worker")
    rows: Collection[Hpa] = Collection({"h-worker": of_worker}, complete=True)
    made.publish(HPAS, Reading(rows, State.OK, story.NOW))
    app = console(made, start=2)
    async with app.run_test(size=(120, 40)) as pilot:
        for view in ("workloads", "wrong"):
            tab = await settled(pilot, view)
            assert tab.table is not None
            assert tab.table.go_to("w-worker")
            await pilot.press("w")
            await until(pilot, lambda: isinstance(app.screen, WhatIfDialog) and "ITS HPA" in text(app))
            assert "why deployment/worker is wrong, then what if · HPA worker" in text(app)
            assert text(app).index("wrong: CrashLoopBackOff") < text(app).index("ITS HPA")
            await pilot.press("escape")
            await until(pilot, lambda: not app.dialog_open)
