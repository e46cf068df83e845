"""`h i o a w` on every row of every tab: each leads somewhere, shows a page, or says in one line why not."""

from decimal import Decimal

import msgspec
import pytest

from opsconsole.app import Console
from opsconsole.model.asked import Asked
from opsconsole.screens.row_keys import hurt_lines, request_lines
from opsconsole.screens.why_page import why_page

from . import story
from .driving import until
from .tabs import console, settled, text

KEYS = "hioaw"
TABS = range(7)
SECTIONS = (
    "WHAT", "JUDGED BY", "HOW IT CAME ABOUT", "FORMULA", "ASKED", "RAW ANSWER", "BESIDE IT ON THIS PAGE",
    "THE SAME FROM A SHELL",
)  # fmt: skip


def place(app: Console, said: list[str]) -> tuple[object, ...]:
    """Where one is, what is open and what was said: an answer to a key changes some of it."""
    return len(app.screen_stack), app.tab.digit, app.tab.view, getattr(app.tab, "pane", ""), len(said)


async def test_no_key_about_a_row_does_nothing(fixed_clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    app = console(story.board())
    silent: list[str] = []
    said: list[str] = []
    monkeypatch.setattr(app, "say", said.append)
    async with app.run_test(size=(160, 45)) as pilot:
        for digit in TABS:
            app.show_tab(digit)
            await settled(pilot)
            tab = app.tab
            for view in [view.id for view in tab.views]:
                tab.show_view(view)
                for key in KEYS:
                    before = place(app, said)
                    app.press(key)
                    if place(app, said) == before:
                        silent.append(f"{tab.title} {view} {key}")
                    while app.dialog_open:
                        app.pop_screen()
                    if app.tab is not tab:
                        app.show_tab(digit, view)
                    elif not tab.at_view(view):
                        tab.show_view(view)
            await pilot.pause()
    assert silent == []


async def test_why_has_one_shape_on_every_tab_and_tells_what_was_asked(fixed_clock: None) -> None:
    board = story.board()
    query = "SELECT 1 -- what came of it"
    for topic in board.topics():
        name = "pg-primary" if topic.system == "pg" else "redis" if topic.system == "redis" else topic.system
        asked = Asked("q", f"the {topic.name}", query, name, story.NOW, 0.25, 7, answer="raw bytes")
        board.publish(topic, msgspec.structs.replace(board.get(topic), asked=(asked,)))
    app = console(board)
    async with app.run_test(size=(160, 45)) as pilot:
        for digit in TABS:
            app.show_tab(digit)
            await settled(pilot)
            page = why_page(app.tab)
            told = [line for line in page.splitlines() if line and not line.startswith(" ")]
            assert told == [title for title in SECTIONS if title in told], "always in this order"
            assert {"WHAT", "JUDGED BY", "ASKED"} <= set(told), (digit, page)
            assert "was asked for" in page
            assert "7 rows in 250 ms" in page
            assert query in page


def test_impact_counts_plans_and_money_of_those_that_are_hurt() -> None:
    base = story.customers()
    told = "\n".join(hurt_lines(base))
    hurt = [row for row in base.rows if (row.slow or 0) + (row.failed or 0)]
    assert f"{len(hurt)} of {len(base.rows)}" in told
    assert "a month" in told
    free = [
        msgspec.structs.replace(row, customer=msgspec.structs.replace(row.customer, monthly_revenue=None))
        for row in hurt
    ]
    assert f"unknown of {len(hurt)}" in "\n".join(hurt_lines(msgspec.structs.replace(base, rows=tuple(free))))
    assert hurt_lines(msgspec.structs.replace(base, hurt_measured=False)) == [
        "customers  not measured: set customers.hurt_query"
    ]
    assert isinstance(hurt[0].customer.monthly_revenue, Decimal)


def test_impact_tells_the_requests_of_the_service_else_of_all() -> None:
    figures = story.services().figures
    assert request_lines(figures, "api")[0].startswith("api ")
    assert "services" in request_lines(figures, "no such")[0]
    assert request_lines((), "api") == []


async def test_what_to_do_names_the_runbook_of_each_step_and_only_opens(fixed_clock: None) -> None:
    app = console(story.board())
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "RUNBOOK STEPS" in text(app))
        shown = text(app)
    assert "runbook 004, High Response Time Alert" in shown
    assert shown.index("RUNBOOK STEPS") < shown.index("ACTIONS")
