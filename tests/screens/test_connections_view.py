"""The Connections view: what is used and by whom, what fails first, the pools, and what one does about it."""

from datetime import timedelta

import msgspec
import pytest

from opsconsole.model.asked import Asked
from opsconsole.model.metrics import Measures, MeasureValue
from opsconsole.model.pools import (
    ClientGroup,
    ConnectionGroup,
    ConnectionGrowth,
    ConnectionLimit,
    Connections,
    Pool,
    PoolerFigures,
    PoolRates,
    Trend,
)
from opsconsole.model.postgres import HealthCheck, ServerFacts, ServerHealth
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board

from . import story
from .driving import until
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

EVIL = "till\x1b[31mred[/]\u202e"


def group(application: str, state: str, count: int, **more: float) -> ConnectionGroup:
    waiting = int(more.pop("waiting", 0))
    return ConnectionGroup(
        application, "shop_app", "shop", "10.0.0.7", state, "client backend", count, waiting,
        more.get("state_s", 7200.0), more.get("transaction_s"),
    )  # fmt: skip


CONNECTIONS = Connections(
    "pg-primary", 88, 100, 3, 0,
    (
        group("api", "idle", 12), group("api", "active", 31, waiting=4, transaction_s=10.0),
        group("worker", "idle", 37), group("worker", "idle in transaction", 3, transaction_s=245.0),
        group(EVIL, "idle", 5),
    ),
    (ConnectionLimit("role", "worker", 19, 20), ConnectionLimit("walsenders", "max_wal_senders", 2, 10)),
    Trend("grows", 900, 60, 0.025, 0.02, 0.03, 370), (ConnectionGrowth("api", 31, (12.0, 20.0, 43.0)),), 900.0,
    (57.0, 70.0, 88.0), 91, story.NOW - timedelta(hours=20), story.NOW - timedelta(hours=48), "", "console",
)  # fmt: skip
POOLER = PoolerFigures(
    "pooler", "1.24.1",
    (
        Pool("shop", "app", "transaction", 20, 14, 20, 0, 12.5, 20, 0, host="10.0.0.5:5432"),
        Pool("reports", "app", "session", 1, 0, 1, 3, 0.0, 80, 0, paused=True, host="10.0.0.5:5432"),
    ),
    (PoolRates("shop", 900.0, 8900.0, 0.021, 0.002, 4.2),), 912, 1000,
    (ClientGroup("api", "10.0.0.7", "shop", "app", 34, 14),), 120.0,
)  # fmt: skip


def board(state: State = State.OK) -> Board:
    made = story.board()
    made.publish(topics.PG_CONNECTIONS, Reading(CONNECTIONS, state, story.NOW - timedelta(minutes=4)))
    made.publish(topics.PGBOUNCER, Reading(POOLER, State.OK, story.NOW))
    return made


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_what_fails_stands_first(size: tuple[int, int], fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot, "connections")
        assert headline(app).startswith("88 of 97 (91 %) used · full in ~6m · api +31 in 15m")
        marked = [" ".join(row.split()[1:4]) for row in rows(tab.table) if row.startswith("▲")]
        assert marked[:3] == ["limit role worker", "pooler pool shop/app", "server connections 88"]
        assert "Connections" in text(app)
        assert "\x1b" not in text(app)
        assert "\u202e" not in text(app)


async def test_the_pane_says_why_and_what_one_does(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "connections")
        assert tab.go_to("pooler")
        assert tab.finding() is None
        assert tab.go_to("pooler:shop/app")
        await pilot.pause()
        assert "a client waits as soon as all 20 are busy, and is refused after 2m" in text(app)
        assert "one does  shorten what holds connections" in text(app)
        await pressed(pilot, "enter")
        assert "20 of 20 busy" in page(pilot)


async def test_every_line_knows_the_queries_behind_it(fixed_clock: None) -> None:
    made = board()
    groups = Asked(
        "connections", "its connections", "SELECT state FROM pg_stat_activity", "pg-primary", story.NOW, 0.01
    )
    limits = Asked(
        "connection_limits", "its limits", "SELECT rolconnlimit FROM pg_roles", "pg-primary", story.NOW, 0.01
    )
    value = msgspec.structs.replace(CONNECTIONS, asked=(groups, limits))
    made.publish(topics.PG_CONNECTIONS, Reading(value, State.OK, story.NOW))
    shown_pools = Asked("show pools", "its pools", "SHOW POOLS", "pooler", story.NOW, 0.001)
    made.publish(topics.PGBOUNCER, Reading(POOLER, State.OK, story.NOW, asked=(shown_pools,)))
    app = console(made, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "connections")
        assert tab.table is not None
        assert tab.table.go_to("used")
        await pressed(pilot, "w")
        assert "rolconnlimit" in page(pilot)
        assert "SHOW POOLS" not in page(pilot)
        await pressed(pilot, "escape")
        assert tab.go_to("pooler:shop/app")
        await pressed(pilot, "w")
        assert "pooler was asked for its pools" in page(pilot)
        assert "pg_stat_activity" not in page(pilot)


async def test_sizes_of_pools_that_do_not_fit_the_server_are_marked(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "connections")
        sizes = next(row for row in rows(tab.table) if "pool sizes" in row)
        assert sizes.startswith("▲")
        assert "100 at most, 24 open" in sizes
        assert "2 pools against 97" in sizes


async def test_what_cannot_be_read_says_so_and_the_rest_stays(fixed_clock: None) -> None:
    made = board(State.STALE)
    refused = Problem(
        ProblemKind.FORBIDDEN, "pooler does not let this user into its admin console", "add to stats_users"
    )
    made.publish(topics.PGBOUNCER, Reading(None, State.FAILED, problem=refused))
    app = console(made, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "connections")
        assert headline(app).startswith("STALE 4m · 88 of 97")
        assert any("does not let this user into its admin console" in row for row in rows(tab.table))


async def test_the_line_of_the_server(fixed_clock: None) -> None:
    made = board()
    made.publish(topics.PG_CONNECTIONS, Reading(CONNECTIONS, State.OK, story.NOW))
    made.publish(topics.MEASURES, Reading(Measures(0.0, (MeasureValue("pg.cpu", "db-0", 0.71),)), State.OK, story.NOW))
    disk = HealthCheck("disk", "Disk free", "ok", "210Gi free (41 %), not filling", "", "", "")
    made.publish(topics.PG_HEALTH, Reading(ServerHealth("pg-primary", (disk,)), State.OK, story.NOW))
    app = console(made, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "statements")
        assert (
            "PG  conn 88/97 ▲ (free 9, full in ~6m) · running 31 · waiting 4 · idle in tx 3, oldest 4m · hit 99.2 % · "
            "cpu 71 % · disk free 210Gi · 8.9k stmt/s"
        ) in text(app)


@pytest.mark.parametrize(
    ("size", "said"),
    [((160, 45), "running, waiting, idle in tx unknown: needs pg_monitor"), ((80, 24), "run, wait, idle-tx unknown")],
)
async def test_what_the_role_may_not_see_is_unknown_in_the_line(
    size: tuple[int, int], said: str, fixed_clock: None
) -> None:
    made = board()
    hidden = ServerFacts("pg-primary", "18.1", None, False, 88, 100, 3, (("active", 1), ("hidden", 87)))
    made.publish(topics.PG_FACTS, Reading(hidden, State.OK, story.NOW))
    app = console(made, start=3)
    async with app.run_test(size=size) as pilot:
        await settled(pilot, "statements")
        assert said in text(app)


async def test_a_narrower_console_has_the_short_line_at_once(fixed_clock: None) -> None:
    made = board()
    made.publish(topics.PG_CONNECTIONS, Reading(CONNECTIONS, State.OK, story.NOW))
    app = console(made, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "statements")
        assert "running 31" in text(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "run 31 wait" in text(app))


async def test_the_line_of_both_servers_in_80_columns(fixed_clock: None) -> None:
    made = board()
    made.publish(topics.PG_CONNECTIONS, Reading(CONNECTIONS, State.OK, story.NOW))
    app = console(made, start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, "statements")
        assert "conn 88/97▲ full~6m  run 31 wait 4 idle-tx 3(4m)  hit 99.2  redis " in text(app)
        assert "RED" not in text(app)
