"""The SLO view: budgets worst first, the sum that anyone can redo under them, and a page for each."""

import msgspec
import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.model.slo import LegState, Slos
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.slo_findings import slo_findings, slo_object

from . import story
from .slo_story import slos
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed


def board(value: Slos, state: State = State.OK) -> Board:
    made = story.board()
    made.publish(topics.SLOS, Reading(value, state, story.NOW, source="slo.yaml"))
    return made


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_budgets_stand_worst_first_above_the_sum_that_anyone_can_redo(
    size: tuple[int, int], fixed_clock: None
) -> None:
    app = console(board(slos()), start=1)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot, "slo")
        names = [row.lstrip("▲△").split()[0] for row in rows(tab.table)]
        assert names == ["checkout-latency", "api-errors", "web-errors"]
        assert headline(app).startswith("1 burns too fast: checkout-latency 20x · 2 of 3 objectives met (67 %)")
        shown = text(app)
        assert "page firing since 02:41: burns 20x over 1h and 56x over 5m" in shown
        assert "4,100 bad of 1,000,000 events in 11 Mar 02:53 - 26 Mar 02:53Z" in shown
        assert "page since 02:41" in shown
        assert "-34.0 %" in shown  # never held at 0
        assert "budget spent" in shown
        assert "after release api" in shown or size[0] < 100  # what lies beside the hour that used most
        await pressed(pilot, "enter")
        told = page(pilot)
        assert "1 - 4,100 / (0.01 x 1,000,000) = 59.0 % left" in told
        assert "of the 15d there are, not 28d" in told
        assert 'sum(increase(good{le="0.5"}[1296000s]))' in told.replace("15d", "1296000s")
        assert "INC-7 checkout slow: with 31.0 % of it; above 20 %: a postmortem is due" in told


async def test_without_objectives_the_view_says_how_to_add_one_and_mistakes_are_shown(fixed_clock: None) -> None:
    app = console(board(Slos(problems=("slo.yaml:10:7: target: can never fire",))), start=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "slo")
        assert headline(app).startswith("1 mistake: slo.yaml:10:7: target: can never fire")
        app.context.board.publish(topics.SLOS, Reading(Slos(), State.OK, story.NOW))
        await settled(pilot, "slo")
        assert "no service level objective: name OpenSLO v1 files in the settings" in text(app)
        assert "opsconsole slo --example" in text(app).replace("\n", " ")


async def test_a_finding_leads_to_its_row_and_the_guard_is_shown_when_it_acts(fixed_clock: None) -> None:
    value = slos()
    first = value.figures[0]
    quiet = LegState(first.legs[0].leg, "ok", 333.0, 333.0, held="1 bad of 3 in 5m: the guard asks for 2 bad")
    evil = msgspec.structs.replace(value.figures[2].slo, title=story.EVIL, service=story.EVIL)
    held = msgspec.structs.replace(value.figures[2], slo=evil, legs=(quiet, *value.figures[2].legs[1:]))
    value = msgspec.structs.replace(value, figures=(*value.figures[:2], held))
    (finding, spent) = slo_findings(value, story.NOW)
    assert isinstance(finding, Finding)
    assert (finding.severity, finding.since) == (Severity.CRITICAL, first.legs[0].since)
    assert finding.what == "checkout-latency burns its error budget 20x over 1h and 5m, gone in 19h"
    assert (spent.severity, spent.rule) == (Severity.INFO, "slo.spent")
    app = console(board(value), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.go_to(slo_object("web-errors"))
        await settled(pilot, "slo")
        assert tab.row.key == "web-errors"
        assert "page held: few events" in text(app)
        assert "page held back: 1 bad of 3 in 5m: the guard asks for 2 bad" in text(app)
        await pressed(pilot, "enter")
        assert not {"\x1b", "\x07", "\u202e"} & set(text(app) + page(pilot))  # foreign text moves nothing
