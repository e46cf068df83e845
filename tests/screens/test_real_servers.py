"""The Queries tab over real servers: a primary with its replica, and roles that may see next to nothing."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from opsconsole.app import Console
from opsconsole.config.settings import Postgres, Profile
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.connections import connection_feeds
from opsconsole.poller.postgres import PostgresFeeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PG_FACTS, PG_SESSIONS, Topic
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest

from .driving import shown
from .tabs import console, headline, rows, settled, text
from .test_servers_view import at
from .test_tab_keys import page, pressed

REASSURING = ("nobody waits", "nothing is wrong", "nothing runs", " fine", "every check passed")


async def read(servers: Sequence[Postgres]) -> Board:
    """A board that holds one answer of everything that these servers tell."""
    board, feeds = Board(), PostgresFeeds(servers)
    poller = Poller(board)
    asked = [*feeds.feeds, *connection_feeds((reader.server for reader in feeds.readers), None)]
    poller.start(asked)
    topics: list[Topic[object]] = [feed.topic for feed in asked]
    try:
        async with asyncio.timeout(60):
            while any(board.get(topic).taken is None and board.get(topic).problem is None for topic in topics):
                await asyncio.sleep(0.05)
    finally:
        await poller.stop()
        await feeds.close()
    return board


def over(board: Board, servers: Sequence[Postgres]) -> Console:
    app = console(board, start=3)
    app.context.profile = msgspec.structs.replace(Profile(), postgres=tuple(servers))
    return app


async def test_a_replica_is_looked_at_in_every_view_as_its_primary_is(
    older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    servers = (older_postgres.settings(), older_replica.settings())
    app = over(await read(servers), servers)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "servers")
        assert headline(app).startswith("2 PostgreSQL (1 primary, 1 replica)")
        first, second = sorted(rows(tab.table))
        assert "older" in first
        assert " primary " in first
        assert " replica of older " in second
        assert " 0 s " in second
        assert "server older 15." in shown(app, "views")
        at(tab, "pg/older-replica")
        await pressed(pilot, "enter")
        for view in ("statements", "sessions", "locks", "health"):
            tab = await settled(pilot, view)
            assert "server older-replica 15." in shown(app, "views")
            assert " replica (lag " in shown(app, "views")
            assert headline(app)
            assert "waiting for the first answer" not in headline(app)
        for view in ("statements", "sessions", "locks", "health", "connections"):
            await settled(pilot, view)
            await pressed(pilot, "w")
            assert "older-replica was asked for" in page(pilot), view
            await pressed(pilot, "escape")


@pytest.mark.parametrize("major", [18, 15])
async def test_a_role_without_rights_opens_every_view_and_none_is_reassuring(
    major: int, request: pytest.FixtureRequest
) -> None:
    if major == 18:
        newer: PostgresUnderTest = request.getfixturevalue("postgres_server")
        servers = (newer.settings("nobody_special", "nobody-Words"),)
        others = newer.connect()
    else:
        older: OlderPostgres = request.getfixturevalue("older_postgres")
        older.run("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        servers = (Postgres(name="older", dsn=f"host=127.0.0.1 port={older.port} user=plain dbname=postgres"),)
        others = older.connect()
    with others:
        others.execute("BEGIN")
        board = await read(servers)
    facts = board.get(PG_FACTS).value
    assert facts is not None
    assert facts.oldest_transaction_s is None
    assert board.get(PG_SESSIONS).state is State.OK
    app = over(board, servers)
    async with app.run_test(size=(160, 45)) as pilot:
        for view in ("statements", "sessions", "locks", "health", "connections", "servers"):
            tab = await settled(pilot, view)
            said = headline(app)
            assert view != "health" or "unknown" in said
            assert view != "servers" or "hidden from the console's role" in said
            assert not [word for word in REASSURING if word in said], (view, said)
        (line,) = rows(tab.table)
        assert line.split().count("unknown") >= 3
        assert "needs pg_monitor: GRANT pg_monitor TO " in text(app)
        await pressed(pilot, "w")
        assert "GRANT pg_monitor TO " in page(pilot)
