"""Every number knows its query, and every query of ours is known as ours at the server."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.postgres import PostgresFeeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PG_CHANGES, PG_FACTS
from opsconsole.sources.asking import GIVEN_UP, gathering
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.server import TAG, PostgresServer
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def server(postgres_server: PostgresUnderTest) -> AsyncIterator[PostgresServer]:
    opened = PostgresServer(postgres_server.settings())
    yield opened
    await opened.close()


async def test_a_reading_knows_each_query_with_its_text_its_server_its_time_and_its_rows(
    postgres_server: PostgresUnderTest,
) -> None:
    board = Board()
    poller, feeds = Poller(board), PostgresFeeds([postgres_server.settings()])
    poller.start(feeds.feeds)
    try:
        async with asyncio.timeout(20):
            while not all(state is State.OK for state in (board.get(PG_CHANGES).state, board.get(PG_FACTS).state)):
                await asyncio.sleep(0.02)
    finally:
        await poller.stop()
        await feeds.close()
    facts = {one.name: one for one in board.get(PG_FACTS).asked}
    assert {"facts", "states"} <= facts.keys()
    assert (facts["facts"].server, facts["facts"].rows, facts["facts"].problem) == ("pg-primary", 1, "")
    assert facts["facts"].text.endswith(TAG)
    assert facts["facts"].took_s > 0
    assert "pg_settings" in next(one for one in board.get(PG_CHANGES).asked if one.name == "settings").text
    assert "settings" not in facts, "what runs beside it is no part of it"


async def test_what_the_server_refused_is_noted_with_its_reason(server: PostgresServer) -> None:
    with gathering() as asked, pytest.raises(SourceError):
        await server.put("odd", "something odd", "SELECT 1/0")
    assert [(one.name, one.rows) for one in asked] == [("odd", 0)]
    assert "division by zero" in asked[0].problem


async def test_what_nobody_waited_for_is_no_answer_without_rows(server: PostgresServer) -> None:
    await server.identity()
    with gathering() as asked, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await server.put("slow", "something slow", "SELECT pg_sleep(4)")
    assert [(one.name, one.problem) for one in asked] == [("slow", GIVEN_UP)]


async def test_texts_are_shared_between_all_that_is_kept(server: PostgresServer) -> None:
    with gathering() as asked:
        await server.ask("its counters", "facts")
        await server.ask("its counters", "facts")
    first, second = [one for one in asked if one.name == "facts"]
    assert first.text is second.text


async def test_18_keeps_the_tag_of_our_queries(server: PostgresServer, postgres_server: PostgresUnderTest) -> None:
    await server.ask("its counters", "facts")
    with postgres_server.connect() as other:
        assert _kept(other)


async def test_15_keeps_it_too(older_postgres: OlderPostgres) -> None:
    older_postgres.run("CREATE DATABASE counted")
    older_postgres.run("CREATE EXTENSION pg_stat_statements", "counted")
    server = PostgresServer(older_postgres.settings())
    await server.ask("its counters", "facts")
    await server.close()
    with older_postgres.connect(database="counted") as other:
        assert _kept(other)


def _kept(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    kept = connection.execute("SELECT query FROM pg_stat_statements WHERE query LIKE '%pg_stat_database%'").fetchall()
    return any(str(query).rstrip().endswith(TAG) for (query,) in kept)
