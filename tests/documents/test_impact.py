"""Whom an incident hurts: kept at its worst, while it lasts, from the board and from what was written down."""

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from opsconsole.documents.impact import Impact, in_entries, remembered, worse
from opsconsole.documents.keeper import ImpactKeeper
from opsconsole.model.incident import Incidents
from opsconsole.model.metrics import ServiceFigures, Services
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import CUSTOMERS, INCIDENTS, SERVICES

from . import story
from .conftest import Desk
from .customers import hurt

OPEN = story.incident(state="investigating", resolved=None, mitigated=None, ended=None)


class NeverWoken:
    async def wait(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return False


@pytest.mark.parametrize(
    ("text", "customers", "of", "revenue"),
    [
        ("212 of 3,410 customers (6 %) · $84,000 MRR touched · 4 enterprise, 208 pro", 212, 3410, Decimal(84_000)),
        ("checkout P99 1.9 s > 0.5 s, hurts 212 pro", 212, None, None),
        ("SEV3: 6 % of the customers hurt (212 of 3,410), below 10 %", 212, 3410, None),
        ("1 of 12 customers (8.3 %) · 9,800 EUR MRR touched · 1 pro", 1, 12, Decimal(9_800)),
        ("3,410 customers: 3,400 healthy · 10 churn-risk", None, None, None),
        ("no customer had slow or failed requests", None, None, None),
    ],
)
def test_what_marks_and_findings_say_of_customers_is_read(
    text: str, customers: int | None, of: int | None, revenue: Decimal | None
) -> None:
    seen = in_entries([story.entry(7, "metric_snapshot", "mark", detail=text)])
    assert (seen.customers, seen.of, seen.revenue) == (customers, of, revenue)


def test_numbers_in_notes_are_not_taken_for_measurements() -> None:
    assert in_entries([story.entry(7, "note", "2 of 3 customers (all on the phone) called back")]) == Impact()


def test_the_worst_moment_counts_and_its_figures_stay_together() -> None:
    early = Impact(story.at(5), 50, 100, Decimal(10), cites=("a",))
    late = Impact(story.at(9), 80, 100, None, cites=("b",))
    assert worse(early, late) == worse(late, early) == late


async def test_it_is_kept_by_itself_while_the_incident_is_open(desk: Desk) -> None:
    board = Board()
    services = Services((ServiceFigures("checkout", server_errors=0.02),))
    board.publish(CUSTOMERS, Reading(hurt(7, of=100), State.OK, story.at(9)))
    board.publish(SERVICES, Reading(services, State.OK, story.at(9)))
    board.publish(INCIDENTS, Reading(Incidents((OPEN,)), State.OK, story.at(9)))
    task = asyncio.create_task(ImpactKeeper(desk.store, every_s=0.001).run(board, NeverWoken()))
    try:
        await _until(desk, 7)
        board.publish(CUSTOMERS, Reading(hurt(9, of=100), State.OK, story.at(10)))
        seen = await _until(desk, 9)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert (seen.of, seen.slow, seen.failed, seen.errors) == (100, 27, 9, 0.02)


async def test_what_is_old_on_the_board_is_not_kept(desk: Desk) -> None:
    board = Board()
    board.publish(CUSTOMERS, Reading(hurt(7, of=100), State.STALE, story.at(9)))
    await desk.store.add_incident(OPEN)
    await desk.write(board=board)
    assert "- **Users Affected**: unknown" in desk.text


async def _until(desk: Desk, customers: int) -> Impact:
    async with asyncio.timeout(20):
        while (seen := await remembered("INC-1", desk.store)).customers != customers:
            await asyncio.sleep(0.01)
    return seen
