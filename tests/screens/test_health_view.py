"""The Health view: what fails first, the rest behind one row, and of each check its numbers, query and GRANT."""

from datetime import timedelta

import msgspec
import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.asked import Asked
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.postgres import Detail, HealthCheck, ServerHealth
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.health_findings import health_object
from opsconsole.screens.queries import QueriesTab

from . import story
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

EVIL = "public.\x1b[31mred[/]\u202e"
SLOTS = HealthCheck(
    "slots", "Replication slots", "crit", "2 slots, outbox keeps 12Gi, 1 inactive", "< 1Gi kept",
    "a slot that nobody reads keeps the log until the disk is full",
    "bring back the reader of outbox, or drop the slot",
    (Detail("slots", ("SLOT", "READER", "KEEPS"), (("outbox", "inactive 3h", "12Gi"), ("standby", "active", "0B"))),),
    ("slots",),
)  # fmt: skip
DEAD = HealthCheck(
    "dead-rows", "Dead rows", "warn", f"1 table, worst {EVIL}: 33 % of rows", "< 20 %", "scans skip them", "VACUUM it",
    (Detail("tables", ("TABLE", "DEAD"), ((EVIL, "500k"),)),), ("tables",),
)  # fmt: skip
HIDDEN = HealthCheck(
    "long-transactions", "Long transactions", "unknown", "unknown: needs pg_monitor", "", "hidden from role console",
    "GRANT pg_monitor TO console", (), ("transactions",),
)  # fmt: skip
FINE = tuple(
    HealthCheck(name, name.title(), "ok", "none", "0", "why", "", (), ("databases",))
    for name in ("deadlocks", "prepared")
)
ASKED = (
    Asked("slots", "its replication slots", "SELECT slot_name\nFROM pg_replication_slots", "pg-primary",
          story.NOW - timedelta(minutes=2), 0.0123, 2),
    Asked("tables", "its tables", "SELECT 1", "pg-primary", story.NOW, 5.0, 0, "its tables took longer than 5 s"),
)  # fmt: skip
HEALTH = ServerHealth("pg-primary", (SLOTS, DEAD, HIDDEN, *FINE), ASKED)


def board(state: State = State.OK) -> Board:
    made = story.board()
    made.publish(topics.PG_HEALTH, Reading(HEALTH, state, story.NOW - timedelta(minutes=4)))
    return made


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_what_fails_stands_first_and_enter_unfolds_what_is_fine(size: tuple[int, int], fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot, "health")
        assert [row.split()[:2] for row in rows(tab.table)] == [
            ["▲", "Replication"], ["▲", "Dead"], ["?", "Long"], ["2", "fine"],
        ]  # fmt: skip
        assert headline(app).startswith("2 of 5 checks fail, 1 unknown · Replication slots: 2 slots")
        await pressed(pilot, "G", "enter")
        assert [row.split()[0] for row in rows(tab.table)][-2:] == ["Prepared", "Deadlocks"]
        await pressed(pilot, "enter")
        assert len(rows(tab.table)) == 4


async def test_a_finding_leads_to_its_check_also_from_where_another_server_is_looked_at(fixed_clock: None) -> None:
    made = board()
    found = Finding(
        "health:pg-primary:dead-rows", Severity.WARNING, "…", 3, object=health_object("pg-primary", DEAD.id)
    )
    all_found: tuple[Finding, ...] = (found,)
    made.publish(topics.FINDINGS, Reading(all_found, State.OK, story.NOW))
    app = console(made, start=3)
    servers = (Postgres(name="pg-primary"), Postgres(name="pg-replica"))
    app.context.profile = msgspec.structs.replace(app.context.profile, postgres=servers)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "statements")
        assert isinstance(tab, QueriesTab)
        tab.look_at("pg-replica")
        assert tab.go_to(found.object)
        await pilot.pause()
        assert (tab.view, tab.desk.server, tab.row) == ("health", "pg-primary", DEAD)
        assert tab.finding() == found


async def test_the_pane_has_why_what_to_do_and_the_worst_by_name(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "health")
        shown = text(app)
        assert "a slot that nobody reads keeps the log until the disk is full" in shown
        assert "-> bring back the reader of outbox, or drop the slot" in shown
        assert "outbox   inactive 3h  12Gi" in shown
        await pressed(pilot, "j", "j")
        assert "-> GRANT pg_monitor TO console" in text(app)


async def test_in_eighty_columns_what_one_does_comes_before_why(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "health")
        shown = text(app)
        assert shown.index("-> bring back the reader") < shown.index("a slot that nobody reads")


async def test_w_is_the_query_with_server_time_and_duration(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "health")
        await pressed(pilot, "w")
        assert "pg-primary was asked for its replication slots at 02:51:10Z, 2m ago: 2 rows in 12.3 ms" in page(pilot)
        assert "FROM pg_replication_slots" in page(pilot)
        await pressed(pilot, "escape", "j", "w")
        assert "its tables took longer than 5 s in 5 s" in page(pilot)
        await pressed(pilot, "escape", "k", "y")
        assert page(pilot).strip() == ASKED[0].text
        assert tab.raw() == ASKED[0].text


async def test_names_of_others_cannot_reach_the_terminal(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "health")
        await pressed(pilot, "j")
        assert "public.␛[31mred[/]<202e>" in text(app)
        assert not {"\x1b", "\u202e"} & set(text(app))


async def test_an_old_answer_calls_nothing_fine(fixed_clock: None) -> None:
    app = console(board(State.STALE), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "health")
        assert rows(tab.table)[-1].split()[:3] == ["2", "passed", "then"]
