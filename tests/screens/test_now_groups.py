"""Now lists what belongs together under its leader, opens what it folds, and leads round the evidence."""

import msgspec
import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import FINDINGS
from opsconsole.rules.findings import assemble
from opsconsole.screens.now_columns import Folded, folded

from . import story
from .driving import shown, until
from .tabs import console, rows, settled, text

pytestmark = pytest.mark.usefixtures("fixed_clock")


def grouped(count: int) -> tuple[Finding, ...]:
    """The slow endpoint, its autoscaler and so many statements of it."""
    p99, blind, hpa, _ = story.findings()
    asked = (
        Finding(f"statement:{n}", Severity.WARNING, f"statement {n} new", 3, since=story.ago(5), touches=("api",))
        for n in range(count)
    )
    whole = (p99, blind, msgspec.structs.replace(hpa, related=()), *asked)
    return assemble(whole, story.changes(), story.customers(), {})


def test_of_a_large_group_two_stand_under_the_leader_and_a_row_opens_the_rest() -> None:
    found = grouped(4)
    ids = list(folded(found, ()))
    assert ids == ["p99:api", "hpa:api", "statement:0", "more p99:api", "blind:loki"]
    assert folded(found, ())["more p99:api"] == Folded("p99:api", 3, Severity.WARNING)
    assert list(folded(found, ("p99:api",))) == [one.id for one in found]
    assert "more p99:api" not in folded(grouped(2), ())


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_enter_goes_to_the_place_and_n_round_the_evidence_until_one_is_back(size: tuple[int, int]) -> None:
    board = story.board()
    board.publish(FINDINGS, Reading(grouped(4), State.OK, story.NOW))
    app = console(board)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot)
        told = rows(tab.table)
        assert "after api 1.8.2 · with 5" in told[0] or "+5" in told[0]
        assert "3 more with #1 (enter opens)" in told[3]
        await pilot.press("enter")
        await until(pilot, lambda: app.tab.digit == 1)
        await until(pilot, lambda: "1/8" in shown(app, "now"))
        await pilot.press("n")
        await until(pilot, lambda: app.tab.digit == 2)
        assert "2/8" in shown(app, "now")
        await pilot.press("b")
        await until(pilot, lambda: app.tab.digit == 1)
        await pilot.press("b")
        await until(pilot, lambda: "release api" in shown(app, "footer"))
        await pilot.press("0")
        await until(pilot, lambda: app.tab.digit == 0)
        assert "/8" not in shown(app, "now")


async def test_the_rest_of_a_group_is_opened_and_folded_again() -> None:
    board = story.board()
    board.publish(FINDINGS, Reading(grouped(4), State.OK, story.NOW))
    app = console(board)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.table is not None
        tab.table.go_to("more p99:api")
        await pilot.press("enter")
        await until(pilot, lambda: "statement 3 new" in text(app))
        tab.table.go_to("statement:2")
        await pilot.press("esc")
        await until(pilot, lambda: "3 more with #1" in text(app) and "statement 3 new" not in text(app))
        assert "gone" not in text(app)
