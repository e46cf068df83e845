"""The Servers view: databases and caches side by side, what is wrong with which, and how one is looked at."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.app import Console
from opsconsole.config.settings import Postgres, Redis
from opsconsole.model.asked import Asked
from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.model.metrics import Measures, MeasureValue
from opsconsole.model.own_cost import OwnCost
from opsconsole.model.postgres import ServerFacts, ServerPlace
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.model.redis import CacheFigures, Replication
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.poller.postgres import server_topic
from opsconsole.poller.redis import cache_topic
from opsconsole.screens.commands import commands
from opsconsole.screens.server_names import server_names
from opsconsole.screens.table_tab import TableTab

from . import story
from .driving import shown, until
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

SYSTEM = "7412345678901234567"
EVIL = "10.0.0.9:5432\x1b[31m"
PRIMARY = ServerFacts(
    "pg-primary", "18.1", story.NOW - timedelta(days=9), False, 88, 100, 3, (("active", 31),), 0.992,
    statements_s=8900.0, oldest_transaction_s=240.0,
    place=ServerPlace(SYSTEM, 3, "0/5000148", "10.0.0.1:5432", user="console"),
)  # fmt: skip
REPLICA = ServerFacts(
    "pg-replica", "18.1", story.NOW - timedelta(days=2), True, 12, 100, 3, (("hidden", 4),), replica_lag_s=75.0,
    place=ServerPlace(SYSTEM, 3, "0/5000100", "", EVIL, True, 4096, "shop", "App", monitors=False),
)  # fmt: skip
ASKED = (Asked("facts", "its counters", "SELECT pg_is_in_recovery()", "pg-replica", story.NOW, 0.004, 1),)


def figures(name: str, role: str, **more: Any) -> CacheFigures:
    made = CacheFigures(name, "8.1", role, 0.5, 1, 0, "", 0.0, 0.0, 20, 2, 10000, 2100.0, 5.0, lookups=900)
    return msgspec.structs.replace(made, **more)


def board() -> Board:
    made = story.board()
    cache = cache_topic("cache-b")
    made.publish(topics.PG_FACTS, Reading(PRIMARY, State.OK, story.NOW))
    made.publish(server_topic(topics.PG_FACTS, "pg-replica"), Reading(REPLICA, State.OK, story.NOW, asked=ASKED))
    made.publish(topics.PG_COST, Reading(OwnCost("pg-primary", 28.2, 9.1, 300.0, True), State.OK, story.NOW))
    made.publish(topics.REDIS, Reading(figures("cache-a", "master", hit_ratio=0.95), State.OK, story.NOW))
    down = Replication("slave", primary="10.0.0.7:6379", link="down", heard_s=90)
    made.publish(cache, Reading(figures("cache-b", "slave", replication=down), State.OK, story.NOW))
    cpu = (MeasureValue("pg.cpu", "pg-primary", 0.91),)
    made.publish(topics.MEASURES, Reading(Measures(story.NOW.timestamp(), cpu), State.OK, story.NOW))
    full = Finding("pg-connections:pg-primary", Severity.WARNING, "pg-primary db connections 88 of 97", 3,
                   object="pg-primary", rule="pg-connections")  # fmt: skip
    found: tuple[Finding, ...] = (full,)
    made.publish(topics.FINDINGS, Reading(found, State.OK, story.NOW))
    moved: tuple[Change, ...] = (
        Change(story.NOW - timedelta(minutes=12), "fail-over", "pg-primary is primary now (timeline 3)"),
    )
    made.publish(topics.CHANGES, Reading(moved, State.OK, story.NOW))
    return made


def several(made: Board) -> Console:
    app = console(made, start=3)
    profile = msgspec.structs.replace(
        app.context.profile,
        postgres=(Postgres(name="pg-primary"), Postgres(name="pg-replica")),
        redis=(Redis(name="cache-a"), Redis(name="cache-b")),
    )
    app.context.profile = profile
    return app


def at(tab: TableTab, key: str) -> None:
    assert tab.table is not None
    assert tab.table.go_to(key)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_all_servers_stand_side_by_side_what_is_wrong_first(size: tuple[int, int], fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot, "servers")
        listed = [row.split() for row in rows(tab.table)]
        marked = [row[1:3] for row in listed if row[0] == "▲"]
        assert marked == [["pg-primary", "primary"], ["pg-replica", "replica"], ["cache-b", "replica"]]
        assert [row[0] for row in listed[3:]] == ["cache-a"]
        assert "88/97 ▲" in rows(tab.table)[0]
        assert headline(app).startswith("2 PostgreSQL (1 primary, 1 replica), 2 Redis · fail-over 02:41: pg-primary is")


async def test_what_no_rule_has_judged_yet_is_no_reassurance(fixed_clock: None) -> None:
    made = board()
    found: tuple[Finding, ...] = ()
    made.publish(topics.FINDINGS, Reading(found, State.OK, story.NOW))
    full = msgspec.structs.replace(PRIMARY, connections=96)
    made.publish(topics.PG_FACTS, Reading(full, State.OK, story.NOW))
    app = several(made)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        assert rows(tab.table)[0].split()[:2] == ["▲", "pg-primary"]
        assert "pg-primary: 96 of 97 connections used" in headline(app)
        assert "nothing is wrong" not in text(app)
        assert "Servers ▲3" in shown(app, "views")


async def test_a_replica_names_the_server_that_it_follows_as_the_settings_do(fixed_clock: None) -> None:
    made = board()
    place = msgspec.structs.replace(REPLICA.place, follows=PRIMARY.place.address)
    follows = msgspec.structs.replace(REPLICA, place=place)
    made.publish(server_topic(topics.PG_FACTS, "pg-replica"), Reading(follows, State.OK, story.NOW))
    app = several(made)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        assert any("replica of pg-primary" in row for row in rows(tab.table))


async def test_enter_looks_at_that_server_in_every_view_and_the_strip_names_it(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        assert "server pg-primary 18.1 primary (replica lag 1m)" in shown(app, "views")
        tab.show_view("statements")
        assert tab.table is not None
        assert tab.table.row_count > 1
        tab.show_view("servers")
        at(tab, "pg/pg-replica")
        await pressed(pilot, "enter")
        assert tab.view == "statements"
        assert tab.table.row_count == 0, "no row of the server before"
        assert "server pg-replica 18.1 replica (lag 1m)" in shown(app, "views")
        assert "waiting for the first answer" in headline(app)


async def test_in_80_columns_the_strip_still_names_the_server(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot, "sessions")
        assert "pg-primary" in shown(app, "views")
        tab.go_to("pg-replica")
        tab.show_view("sessions")
        await pilot.pause()
        assert "pg-replica" in shown(app, "views")


async def test_enter_on_a_cache_goes_to_its_lines(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        at(tab, "redis/cache-b")
        await pressed(pilot, "enter")
        assert tab.view == "redis"
        assert tab.row.server == "cache-b"


async def test_what_the_role_may_not_see_is_unknown_with_the_grant_and_never_nothing(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        at(tab, "pg/pg-replica")
        await pilot.pause()
        (line,) = [row for row in rows(tab.table) if "pg-replica" in row]
        assert line.split().count("unknown") >= 5
        assert "\x1b" not in text(app)
        assert 'running, waiting: unknown: needs pg_monitor: GRANT pg_monitor TO "App"' in text(app)
        await pressed(pilot, "w")
        why = page(pilot)
        assert 'GRANT pg_monitor TO "App"' in why
        assert "pg-replica was asked for its counters at 02:53:10Z" in why
        assert "SELECT pg_is_in_recovery()" in why


async def test_a_server_that_does_not_answer_keeps_its_row_and_says_so(fixed_clock: None) -> None:
    made = board()
    lost = Problem(ProblemKind.UNREACHABLE, "nobody answers at 10.0.0.1:5432", "check the address")
    made.mark(topics.PG_FACTS, State.FAILED, lost)
    app = several(made)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        (line,) = [row for row in rows(tab.table) if "pg-primary" in row]
        assert line.split()[:2] == ["▲", "pg-primary"]
        assert "STALE" in line
        assert "88/97 " in line
        assert "88/97 ▲" not in line, "what it told last is not judged as if it were now"
        assert headline(app).startswith("2 PostgreSQL (1 replica, 1 silent), 2 Redis")
        assert "nobody answers at 10.0.0.1:5432" in text(app)


async def test_a_finding_about_a_server_leads_to_its_row(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "statements")
        assert tab.go_to("pg-replica")
        await pilot.pause()
        assert tab.view == "servers"
        assert tab.row.name == "pg-replica"
        assert not tab.go_to("nobody")


async def test_the_palette_goes_to_a_server_by_its_name(fixed_clock: None) -> None:
    app = several(board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "statements")
        commands(app)["server"]("pg-replica")
        await until(pilot, lambda: tab.view == "servers" and tab.row is not None and tab.row.name == "pg-replica")
        assert [title for title, _, _ in server_names(app, "cache")] == ["cache-a", "cache-b"]
        commands(app)["server"]("nobody")
        await until(pilot, lambda: "no database and no cache of that name" in shown(app, "footer"))


async def test_a_split_brain_marks_every_server_that_it_names(fixed_clock: None) -> None:
    what = "split brain: pg-primary and pg-replica are both primary of one system"
    both: tuple[Finding, ...] = (
        Finding("split-brain:1", Severity.CRITICAL, what, 3, object="pg-primary", rule="fail-over"),
    )
    made = board()
    made.publish(topics.FINDINGS, Reading(both, State.OK, story.NOW))
    app = several(made)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        assert [row.split()[:2] for row in rows(tab.table)[:2]] == [["▲", "pg-primary"], ["▲", "pg-replica"]]
        assert headline(app).count("split brain") == 1
