"""Tab 6 tells the story of what is open, and what comes next; its journal and its list of what is to be done."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Contact
from opsconsole.model.customer import Customers
from opsconsole.model.incident import Incident, Incidents
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.screens import incident_words as words
from opsconsole.screens.incidents import IncidentsTab
from opsconsole.widgets.line import plain, width_of
from opsconsole.widgets.now_line import incident_parts

from . import story
from .driving import until
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

pytestmark = pytest.mark.usefixtures("fixed_clock")
POLICY = builtin("default")


def open_one(**changes: Any) -> Incident:
    return msgspec.structs.replace(story.incidents().incidents[0], **changes)


# ---- the page of what is open ----------------------------------------------------------------------------------------


async def test_what_is_open_stands_with_its_clocks_roles_timeline_and_next_steps() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        screen = text(app)
        assert "INC-7 SEV2 checkout slow · api · INVESTIGATING" in screen
        assert "impact 02:41 +12m" in screen
        assert "commander lena · scribe NONE" in screen
        assert "hurt 2 cust in the last 15m, $9,800 MRR" in screen
        assert "! scribe missing (D joins)" in screen
        assert "after mitigation: verify no longer > 500 ms" in screen
        assert "rolling back" in rows(tab.table)[0]


async def test_the_day_of_an_entry_stands_only_where_not_all_of_them_are_of_today() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(120, 40)) as pilot:
        tab = await settled(pilot)
        assert isinstance(tab, IncidentsTab)
        table = tab.timelines["open"]
        assert table.row_text(table.visible_rows()[0]).startswith("02:")
        assert table.columns[0].width == 8
        (first, *rest), entries = story.incidents().incidents, story.incidents().entries
        eve = msgspec.structs.replace(entries[0], id="eve", incident=first.id, occurred=story.ago(24 * 60))
        held = Incidents((first, *rest), (*entries, eve))
        app.context.board.publish(topics.INCIDENTS, Reading(held, State.OK, story.NOW))
        await until(pilot, lambda: table.columns[0].width == 12)
        assert table.row_text(table.visible_rows()[0]).startswith(f"{story.NOW:%d %b} 02:")


async def test_at_eighty_columns_the_two_lines_hold_the_essentials() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        screen = text(app)
        assert "INC-7 SEV2 INVESTIGATING checkout slow" in screen
        assert "impact +12m" in screen
        assert "no scribe,ops,comms" in screen


async def test_scalings_are_folded_until_all_are_asked_for() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        folded = [row for row in rows(tab.table) if "HPA api" in row]
        assert len(folded) == 1
        assert "15→20 at max (+3 scalings folded)" in folded[0]
        assert "x shows all 9" in tab.strip_note(60)
        tab.set_option("every", True)
        assert len([row for row in rows(tab.table) if "HPA api" in row]) == 4


async def test_enter_shows_all_that_an_entry_keeps() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.table is not None
        tab.table.go_to("t-5")
        await pressed(pilot, "enter")
        assert "READINGS" in page(pilot)
        assert "REQ/s 412" in page(pilot)


async def test_enter_under_all_tells_the_story_of_that_one_and_esc_comes_back() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "all")
        assert tab.table is not None
        tab.table.go_to("INC-6")
        tab = await pressed(pilot, "enter")
        assert tab.view == "timeline"
        assert isinstance(tab, IncidentsTab)
        assert "INC-6 SEV3 one node not ready" in text(app)
        assert "hurt" not in text(app), "whom it hurts now is not whom it hurt then"
        assert tab.at_hand() is not None
        assert tab.at_hand().id == "INC-6"  # type: ignore[union-attr]
        tab = await pressed(pilot, "escape")
        assert tab.view == "all"


async def test_without_an_open_incident_the_page_says_how_to_declare_one() -> None:
    board = story.board()
    board.publish(topics.INCIDENTS, Reading(Incidents(), State.OK, story.NOW))
    app = console(board, start=6)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "no incident is open: D declares one" in text(app)
        assert "NEXT" not in text(app)


async def test_a_store_that_cannot_be_read_calls_nothing_calm() -> None:
    board = story.board()
    problem = Problem(ProblemKind.BAD_ANSWER, "the store is corrupt", "start the console again")
    board.publish(topics.INCIDENTS, Reading(None, State.FAILED, None, problem=problem))
    app = console(board, start=6)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "the store is corrupt" in headline(app)
        assert "no incident is open" not in text(app)


# ---- journal, actions due --------------------------------------------------------------------------------------------


async def test_the_journal_shows_who_did_what_and_enter_plan_and_outcome() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "journal")
        assert "REFUSED" in rows(tab.table)[0]
        assert tab.table is not None
        tab.table.go_to("3")
        await pilot.pause()
        assert tab.run_id() == "r-1"
        await pressed(pilot, "enter")
        told = page(pilot)
        assert told.index("asked") < told.index("outcome")
        assert "lena@bastion from 10.0.0.7 as lena@example.org" in told


async def test_what_is_left_to_do_stands_by_its_date_and_late_ones_say_so() -> None:
    app = console(story.board(), start=6)
    async with app.run_test(size=(120, 40)) as pilot:
        tab = await settled(pilot, "actions")
        assert "2 actions to do · 1 late" in headline(app)
        first, second = rows(tab.table)
        assert "LATE 6d" in first
        assert "jonas" in first
        assert "NONE" in second


# ---- what stands where -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
@pytest.mark.parametrize(
    "incident",
    [
        open_one(),
        open_one(title="a very long title " * 8, roles=()),
        open_one(acknowledged=None, next_update=story.ago(3), resolve_by=story.ago(1), drill=True),
        open_one(state="resolved", resolved=story.ago(1), mitigated=story.ago(2)),
    ],
    ids=["plain", "long", "late drill", "resolved"],
)
def test_the_header_fits_any_width(incident: Incident, width: int) -> None:
    customers: Reading[Customers] = Reading(story.customers(), State.OK, story.NOW)
    for line in words.header(incident, POLICY, customers, width, story.NOW):
        assert width_of(line) <= width


def test_money_and_customers_of_a_source_that_is_old_say_so() -> None:
    customers: Reading[Customers] = Reading(story.customers(), State.STALE, story.ago(30))
    assert "STALE" in words.impact_words(open_one(), (), customers)
    assert words.impact_words(open_one(), (), Reading()) == "whom it hurts is not measured"


def test_who_is_called_stands_in_the_order_of_the_policy() -> None:
    contacts = (Contact(role="manager", after_s=900), Contact(role="primary"), Contact(role="secondary", after_s=300))
    told = words.impact_words(open_one(), contacts, Reading(story.customers(), State.OK, story.NOW))
    assert told.endswith("on call primary > secondary > manager")


def test_what_is_overdue_comes_first_and_a_claim_is_held_against_the_finding() -> None:
    late = words.next_steps(open_one(next_update=story.ago(3)), POLICY, story.findings(), story.NOW)
    assert late[0][0].startswith("! update (I writes it): 02:50, OVERDUE 3m")
    claimed = words.next_steps(open_one(state="mitigated"), POLICY, story.findings(), story.NOW)
    assert any("NOT over: api P99" in told for told, _ in claimed)
    pending = tuple(msgspec.structs.replace(one, state="pending") for one in story.findings())
    assert any(said.startswith("pends still") for said, _ in words.next_steps(open_one(), POLICY, pending, story.NOW))
    quiet = words.next_steps(open_one(state="mitigated"), POLICY, (), story.NOW)
    assert any("then it is resolved (T)" in told for told, _ in quiet)


def test_the_frame_keeps_the_most_needed_clocks_and_all_that_is_late() -> None:
    waiting = open_one(acknowledged=None, roles=(), resolve_by=story.NOW + timedelta(hours=4))
    assert plain(incident_parts(waiting, POLICY, story.NOW, 28, True)) == " INC7 S2 +12m ack22m upd8m"
    whole = plain(incident_parts(waiting, POLICY, story.NOW, 90, False))
    assert whole.split("  ") == [" INC-7 S2 +12m", "decl +8m", "ack by 22m", "upd in 8m", "res in 4h", "4 roles open "]
    late = open_one(next_update=story.ago(3))
    assert "upd LATE 3m" in plain(incident_parts(late, POLICY, story.NOW, 22, True))


async def test_news_of_a_declared_incident_reaches_the_page_at_once() -> None:
    board = story.board()
    board.publish(topics.INCIDENTS, Reading(Incidents(), State.OK, story.NOW))
    app = console(board, start=6)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        board.publish(topics.INCIDENTS, Reading(story.incidents(), State.OK, story.NOW))
        await until(pilot, lambda: "INC-7 SEV2" in text(app))
        assert "rolling back" in text(app)
