"""What enter, y, e and o do on a statement: its page, its whole text, its plan, where it leads; with any text."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.plan import Plan
from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.plan import parsed
from opsconsole.screens.dialogs.object_page import ObjectPage
from opsconsole.screens.queries import QueriesTab
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres import plan as planning

from . import story
from .driving import until
from .tabs import console, rows, settled
from .test_tab_keys import pressed

KEY = "10/5/32570/1"
CHECKOUT = StatementRate(
    KEY, 32570, "select * from order_items where order_id = $1", 1763.0, 2.1, 0.61, 1.0, application="api",
    user="shop_app", database="shop", first_seen=story.ago(minutes=13), tags=(("route", "POST /checkout"),),
)  # fmt: skip
HOSTILE = (
    b"SELECT \x1b[31m'S3CRET1', [bold]x[/] FROM \"max@mail.example\" -- S3CRET2\n"
    b"WHERE a = 'it\\'s S3CRET3' AND password = 'S3CRET4' /* S3CRET5 */"
) + b" \xff\xfe"
PLAN = """[{"Plan": {"Node Type": "Limit", "Total Cost": 910, "Plan Rows": 1, "Plans": [
  {"Node Type": "Seq Scan", "Relation Name": "order_items", "Total Cost": 900, "Plan Rows": 2,
   "Filter": "(order_id = $1)"}]}}]"""


def board(row: StatementRate = CHECKOUT) -> Board:
    filled = story.board()
    view = Statements("pg-primary", 300.0, 3600.0, (row,), before_label="the hour before")
    filled.publish(topics.PG_STATEMENTS, Reading(view, State.OK, story.NOW, 0.01, "SELECT"))
    return filled


def asking(app: Console, tab: QueriesTab, raw: bytes = b"", size: int | None = None) -> None:
    """Let the server know one text."""

    async def ask(what: str, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        assert (query, parameters) == ("text", {"statement": 32570, "user": 10, "database": 5})
        return [(raw, size or len(raw), "shop_app", "shop", "UTF8")]

    app.context.services.databases = {tab.desk.server: SimpleNamespace(server=SimpleNamespace(ask=ask, name="pg"))}


async def at(pilot: Pilot[Any]) -> QueriesTab:
    tab = await settled(pilot, "statements")
    assert isinstance(tab, QueriesTab)
    assert tab.go_to(KEY)
    return tab


async def page(pilot: Pilot[Any], said: str) -> str:
    def told() -> bool:
        dialog = pilot.app.screen
        return isinstance(dialog, ObjectPage) and said in dialog.page.text

    await until(pilot, told)
    dialog = pilot.app.screen
    assert isinstance(dialog, ObjectPage)
    return dialog.page.text


async def test_the_page_tells_numbers_requests_and_what_one_does(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await at(pilot)
        await pressed(pilot, "enter")
        text = await page(pilot, "NUMBERS")
    assert "▲ 41 calls per request of POST /checkout, 1 row each: N+1 suspect" in text
    assert "one does: read them at once" in text
    assert "api POST /checkout: 43 requests/s, 0.30 % 5xx, P95 1.8 s" in text
    assert "route         POST /checkout" in text
    assert "first seen    02:40Z, 13m ago" in text


async def test_the_pane_below_the_table_says_it_first(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await at(pilot)
        view = tab.shown_view
        lines = [line.plain for line in view._explain(tab.row, 80)]  # type: ignore[attr-defined]
        assert tab.headline().startswith("7f3a 41 calls per POST /checkout, N+1 suspect, 61 % of the time")
        assert tab.shown_view.is_wrong(tab.row)
    assert lines[0].startswith("41 calls per request of POST /checkout, 1 row each: N+1 suspect")


async def test_the_whole_text_hides_literals_and_cannot_reach_the_terminal(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        asking(app, await at(pilot), HOSTILE)
        await pressed(pilot, "y")
        text = await page(pilot, "SELECT")
    assert "S3CRET" not in text
    assert "\x1b" not in text
    assert '[bold]x[/]\nFROM "<mail>"' in text
    assert "password" not in text  # after a backslash before a quote nothing is shown


async def test_a_text_of_a_hundred_kilobytes_stays_as_it_was_written(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        long = b"SELECT " + b", ".join(b"c%d = 'S3CRET'" % number for number in range(7000)) + b" FROM t"
        asking(app, await at(pilot), long, size=2_000_000)
        await pressed(pilot, "y")
        text = await page(pilot, "c6999")
        assert isinstance(app.screen, ObjectPage)
        assert "too long to be laid out" in app.screen.heading
        assert "2,000,000 bytes" in app.screen.heading
    assert "S3CRET" not in text


async def test_the_plan_is_a_tree_and_marks_what_is_costly(fixed_clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def explain(server: object, key: str) -> Plan:
        return parsed(PLAN, {"order_items": 120_000.0}, database="shop", role="console")

    monkeypatch.setattr(planning, "explain", explain)
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        asking(app, await at(pilot))
        await pressed(pilot, "e")
        text = await page(pilot, "COST")
    assert "910       1       1  Limit" in text
    assert "900      99       2  └ Seq Scan on order_items" in text
    assert "▲ 99 % of the cost" in text
    assert "▲ reads all 120k rows" in text
    assert "CREATE INDEX CONCURRENTLY ON order_items (order_id)" in text


async def test_why_there_is_no_plan_stands_in_its_place(fixed_clock: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def explain(server: object, key: str) -> Plan:
        raise SourceError(ProblemKind.REFUSED, "plans can be asked from 16 on", "by hand: PREPARE")

    monkeypatch.setattr(planning, "explain", explain)
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        asking(app, await at(pilot))
        await pressed(pilot, "e")
        assert "do: by hand: PREPARE" in await page(pilot, "from 16 on")


async def test_o_leads_to_the_endpoint(fixed_clock: None) -> None:
    row = msgspec.structs.replace(CHECKOUT, application="")
    app = console(board(row), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await at(pilot)
        await pressed(pilot, "o")
        await until(pilot, lambda: app.tab.digit == 1)


async def test_i_leads_to_the_customers_that_are_hurt(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await at(pilot)
        await pressed(pilot, "enter")
        await page(pilot, "NUMBERS")
        await pressed(pilot, "i")
        await until(pilot, lambda: app.tab.digit == 5)


async def test_tags_are_columns_where_some_statement_has_them(fixed_clock: None) -> None:
    filled = board()
    app = console(filled, start=3)
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await at(pilot)
        assert tab.table is not None
        assert [column.id for column in tab.table.all_columns][-1] == "route"
        assert "POST /checkout" in rows(tab.table)[0]
        bare = msgspec.structs.replace(CHECKOUT, tags=(("job", "\x1b[31mreport"),))
        view = Statements("pg-primary", 300.0, 3600.0, (bare,))
        filled.publish(topics.PG_STATEMENTS, Reading(view, State.OK, story.NOW, 0.01, "SELECT"))
        await at(pilot)
        assert [column.id for column in tab.table.all_columns][-1] == "job"
